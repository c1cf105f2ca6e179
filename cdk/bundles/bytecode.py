"""Compiles Python sources to bytecode, in a process of its own: `python -I -S bytecode.py`, marshalled in and out.

The output of `marshal` depends on the strings that the process has interned, such as the names of nested classes of
other modules. So the compiling process imports as little as possible, and releases each module before the next.
"""

import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash

# The flags of bytecode that Python never checks against its source: https://peps.python.org/pep-0552/#specification
UNCHECKED_HASH = (0b01).to_bytes(4, "little")


def bytecode(name: str, source: bytes) -> bytes:
    """Compile one module to the content of a `.pyc` file, which the runtime does not check against the source.

    Raises:
        SyntaxError: The source is not valid Python.
        ValueError: The source is not text.
    """
    return MAGIC_NUMBER + UNCHECKED_HASH + source_hash(source) + marshal.dumps(compile(source, name, "exec"))


def main() -> None:
    """Read pairs of name and source, and write the bytecode, or name the module that does not compile."""
    compiled = []
    for name, source in marshal.load(sys.stdin.buffer):  # noqa: S302 - of the process that started this one
        try:
            compiled.append(bytecode(name, source))
        except (SyntaxError, ValueError) as error:
            sys.exit(f"{name} does not compile: {error}")
    marshal.dump(compiled, sys.stdout.buffer)


if __name__ == "__main__":
    main()
