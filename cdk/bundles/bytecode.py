"""Compiles Python sources to bytecode, in a process of its own: `python -I -S bytecode.py`, marshalled in and out.

What `marshal` writes depends on what the process has interned already, the names of nested classes of other modules for
example. So the process that compiles has imported nothing that it need not, and lets go of each module before the next.
"""

import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash

# The flags of bytecode that stands for itself: https://peps.python.org/pep-0552/#specification
UNCHECKED_HASH = (0b01).to_bytes(4, "little")


def bytecode(name: str, source: bytes) -> bytes:
    """Compile one module into what a `.pyc` file holds, which the runtime takes without looking at the source.

    Raises:
        SyntaxError: The source is no Python.
        ValueError: Nor is it text.
    """
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(compile(source, name, "exec"))


def main() -> None:
    """Compile what comes in, pairs of name and source, and write the bytecode; or name what does not compile."""
    compiled = []
    for name, source in marshal.load(sys.stdin.buffer):  # noqa: S302 - of the process that started this one
        try:
            compiled.append(bytecode(name, source))
        except (SyntaxError, ValueError) as error:
            sys.exit(f"{name} does not compile: {error}")
    marshal.dump(compiled, sys.stdout.buffer)


if __name__ == "__main__":
    main()
