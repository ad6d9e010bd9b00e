# Answers of several fields: for the parts that read many.
from .quote import unquote


def words(fields):
    """Quoted fields as texts."""
    return [unquote(x).decode() for x in fields]


async def answers(m, cmd, ms=5000):
    """The answer lines of a command that is whole (build()), without their prefix."""
    prefix = b"+" + cmd[3 : cmd.find(b"=")] + b":"
    lines = []
    await m.at(cmd, ms, lines.append, prefix)
    return [text[len(prefix) :] for text in lines]
