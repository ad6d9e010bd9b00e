"""Owns: which names of the driver's inside get another one in the .mpy files.

MicroPython keeps every name that it has not got in ROM on the heap, 16 to 30 bytes each, for
ever; the driver's inside has more than a hundred of its own. In a .mpy such a name is replaced by
one that every MicroPython has in ROM (of a built-in function, an exception, the math module). The
sources, and what a program may use (the stubs), keep their names. No name may stand in INSIDE that
is also an attribute of something foreign which the driver touches (asyncio's queue, a UART).
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

LIB = Path(__file__).resolve().parents[2] / "lib"

INSIDE = """
tap lost hooks ipd owner result deadline raw_i raw_stop stage fetch answer stall finish
on_reset on_ok hint busy on_closed number heads tag prompt moved left dst whole memo after full
on_room took job on_bytes got exact on_short hole on_prompt header want links spare now
force _m _f boots wire kept dispatch brief said set_baudrate boot drive escape probe
choose ours rates says rate by_hand least low high fail check unquote query build
memo_n memo_size memo_tag seen wins prepare recall mark dead need_ring begin give
leave rest ask sync cut rescue wifi_state emit mac_text out pump literal address
keep remember unkeep same_setting joining plain on_text speed speak serial
options broken stalled asked
""".split()

ROM = """
acos acosh asin asinh atan atan2 atanh ceil copysign cosh degrees erf erfc expm1 fabs floor fmod
frexp gamma ldexp lgamma log10 log2 modf radians sinh tanh trunc isinf isnan isfinite
ArithmeticError AssertionError GeneratorExit IndentationError LookupError NotImplementedError
OverflowError SyntaxError SystemExit UnicodeError KeyboardInterrupt BaseException classmethod
complex delattr divmod enumerate eval exec filter frozenset hash hex input issubclass oct
property reversed sorted zip center count fromkeys islower isspace isupper isalpha lower lstrip
popitem rindex rpartition rsplit setdefault upper union difference intersection
symmetric_difference issubset issuperset isdisjoint discard pend_throw difference_update
intersection_update symmetric_difference_update calcsize pack pack_into unpack unpack_from
gmtime localtime mktime sleep_us ticks_cpu ticks_us mem_alloc mem_free threshold isenabled
byteorder version_info heap_lock heap_unlock opt_level stack_use kbd_intr mem_info qstr_info
namedtuple heappush heappop heapify getrandbits randint randrange uniform
a2b_base64 b2a_base64 crc32 dumps loads sha1 sha256 hexdigest appendleft popleft
OrderedDict StringIO stdin stdout stderr maxsize argv errorcode mkdir rmdir listdir getcwd
""".split()


@functools.cache
def names() -> dict[str, str]:
    """Inside name -> ROM name. No ROM name stands anywhere in the driver's sources."""
    words: set[str] = set()
    asked: set[str] = set()  # by a text: brief("start", "up"), hasattr(x, "throw")
    for path in LIB.glob("espat/**/*.py"):
        words.update(re.findall(r"\w+", path.read_text()))
        asked.update(re.findall(r'\bbrief\("\w+", "(\w+)"', path.read_text()))
        asked.update(re.findall(r'\b(?:has|get)attr\([\w.]+, "(\w+)"', path.read_text()))
    if asked & set(INSIDE):
        raise ValueError(f"asked for by a text, and inside: {sorted(asked & set(INSIDE))}")
    free = [name for name in ROM if name not in words]
    used = [name for name in INSIDE if name in words]
    if len(set(used)) != len(used) or len(free) < len(used):
        raise ValueError(f"{len(used)} names inside, {len(free)} free ones in ROM")
    return dict(zip(used, free))


class Rename(ast.NodeTransformer):
    """Names, attributes, arguments, functions: all that the interpreter would keep."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = names().get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = names().get(node.attr, node.attr)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = names().get(node.arg, node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        if node.arg:
            node.arg = names().get(node.arg, node.arg)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        node.name = names().get(node.name, node.name)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = names().get(node.name, node.name)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = names().get(node.name, node.name)
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [names().get(name, name) for name in node.names]
        return node
