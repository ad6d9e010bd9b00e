"""Owns: which names of the driver's inside get another one in the .mpy files.

MicroPython keeps every name that it has not got in ROM on the heap, 16 to 30 bytes each, for
ever; the driver's inside has more than a hundred of its own. In a .mpy such a name is replaced by
one that every MicroPython has in ROM (of a built-in function, an exception, the math module). The
sources, and what a program may use (the stubs), keep their names. No name may stand in INSIDE that
is also an attribute of something foreign which the driver touches (asyncio's queue, a UART).
"""

from __future__ import annotations

import ast
import collections
import functools
from pathlib import Path

LIB = Path(__file__).resolve().parents[2] / "lib"

INSIDE = """
tap lost hooks ipd owner result deadline raw_i raw_stop stage fetch answer stall finish on_reset
on_ok hint busy on_closed number heads tag prompt moved left dst whole memo after full on_room
took job on_bytes got exact on_short hole on_prompt header want links spare now force _m _f boots
wire kept dispatch brief said set_baudrate boot drive escape probe choose ours rates says rate
by_hand least low high fail check unquote query build memo_n memo_size memo_tag seen wins prepare
recall mark dead need_ring begin give leave rest ask sync cut rescue wifi_state emit mac_text out
pump literal address keep remember unkeep same_setting joining plain on_text speed speak serial
send_max sendl timed options broken stalled asked m e i k r j h w engine load run err raw eof view
tx chunk block spawn make Ring Link Stream Engine Framer Waiters comes_from peer
patient give_later grid window sent on_overrun later pending held poller dinfo rings hook
base words part tasks own_mac mac_bytes online dotted answers session Watch wanted heard waste
piece sink note apply three rows Rows Pieces Udp Server Events Adapter Queue setup Part
Profile hear meaning local take drop sift width beyond Wire line cls pattern tries opening default
why ROW _KNOWN ate at ticks_ms ticks_add ticks_diff resync open_link settle
begun come deliver senders explain again quick stray guarded Step turn
""".split()

# The first ones have a number in every .mpy file and take one or two bytes of it; the others are
# spelt out.
NUMBERED = """
ArithmeticError AssertionError BaseException Ellipsis GeneratorExit IndentationError LookupError
NameError NotImplementedError OverflowError SyntaxError SystemExit ZeroDivisionError
KeyboardInterrupt builtins bytecode chr classmethod dir divmod eval exec filter format globals hash
hex input isalpha islower isspace issubclass isupper lower lstrip map ord popitem pow print property
reverse rindex rsplit rstrip sep setdefault sorted sum upper zip locals
""".split()
SPELT = """
pi cos sin tan exp log nan inf hex oct sqrt modf fabs acos asin atan ceil cosh sinh tanh erf erfc
fmod log2 log10 expm1 acosh atanh asinh floor frexp gamma ldexp lgamma trunc radians degrees isinf
isnan isfinite copysign EIO EPERM EBADF EACCES EEXIST EINVAL ENOENT ENODEV EISDIR EAGAIN ENOMEM
complex delattr frozenset enumerate reversed center fromkeys upper union difference intersection
symmetric_difference issubset issuperset isdisjoint discard pend_throw rpartition pack unpack
calcsize pack_into unpack_from gmtime mktime localtime ticks_us ticks_cpu threshold isenabled
mem_alloc opt_level heap_lock stack_use version_info byteorder maxsize argv heapify heappop
heappush uniform randint randrange crc32 dumps loads sha1 sha256 popleft appendleft getcwd mkdir
rmdir listdir ilistdir stdout stderr stdin stat rename seed choice UINT8 INT8 INT16 sub group
match phase polar rect cur_task coro ph_key TaskQueue peek unlink remove urandom hexlify unhexlify
deque namedtuple OrderedDict StringIO BytesIO ETIMEDOUT EALREADY ENOBUFS EOPNOTSUPP POLLIN POLLOUT
POLLERR POLLHUP modify unregister mem_info mem_free kbd_intr qstr_info schedule print_exception
errorcode setdefault heap_unlock a2b_base64 b2a_base64 getrandbits UINT16 INT32 UINT32 INT64
UINT64 FLOAT32 FLOAT64 LITTLE_ENDIAN BIG_ENDIAN sizeof addressof bytes_at bytearray_at ENOTCONN
EADDRINUSE ECONNABORTED ECONNRESET ECONNREFUSED EHOSTUNREACH EINPROGRESS PTR ARRAY
BFUINT8 BFINT8 BFUINT16 BFINT16 re random heapq cmath hashlib mem8 mem16 mem32 sleep_us time_ns
""".split()
_DEFINITIONS = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef


@functools.cache
def names() -> dict[str, str]:
    """Inside name -> ROM name that no source has. What stands in most files gets the cheapest."""
    files: collections.Counter[str] = collections.Counter()
    for path in LIB.glob("espat/**/*.py"):
        tree = ast.parse(path.read_text())
        files.update(_identifiers(tree))
    free = [name for name in NUMBERED + sorted(SPELT, key=len) if name not in files]
    free = list(dict.fromkeys(free))
    used = sorted((name for name in INSIDE if name in files), key=lambda name: -files[name])
    if len(set(used)) != len(used) or len(free) < len(used):
        raise ValueError(f"{len(used)} names inside, {len(free)} free ones in ROM")
    return dict(zip(used, free))


def _identifiers(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
            found.add(node.arg)
        elif isinstance(node, _DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found.update((alias.asname or alias.name).split("."))
    return found


def _asked_for(node: ast.Call) -> list[ast.Constant]:
    """Names in texts: brief("start", "resync" if x else "up"), hasattr(x, "settle")."""
    by = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    by = node.func.id if isinstance(node.func, ast.Name) else by
    if by not in ("brief", names()["brief"], "getattr", "hasattr", "setattr") or not node.args[1:]:
        return []
    text = node.args[1]
    either = [text.body, text.orelse] if isinstance(text, ast.IfExp) else [text]
    return [part for part in either if isinstance(part, ast.Constant)]


class Rename(ast.NodeTransformer):
    """Names, attributes, arguments, functions: all that the interpreter would keep."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = names().get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = names().get(node.attr, node.attr)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for text in _asked_for(node):
            text.value = names().get(str(text.value), text.value)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if node.level:
            return self.generic_visit(node)
        for alias in node.names:  # of somebody else, who knows it by its own name
            own = alias.asname or alias.name
            if own in names():
                alias.asname = names()[own]
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
        if node.asname:
            node.asname = names().get(node.asname, node.asname)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = names().get(node.name, node.name)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = names().get(node.name, node.name)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if node.name:
            node.name = names().get(node.name, node.name)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        node.names = [names().get(name, name) for name in node.names]
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        node.names = [names().get(name, name) for name in node.names]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = names().get(node.name, node.name)
        return node
