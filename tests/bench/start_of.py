"""`python -m tests.bench.start_of <zip>`: print the instructions that the import of a bundle's API takes."""

import sys
import tempfile
from pathlib import Path

from tests.bench.bundles import unpacked
from tests.bench.function_figures import API
from tests.bench.instructions import Handler, event_of


def main(bundle: str) -> None:
    """Count them in a process of its own, with valgrind."""
    with tempfile.TemporaryDirectory() as name:
        folder = unpacked(Path(bundle), Path(name) / "bundle")
        handler = Handler(folder=folder, module=API, event=event_of("/users/health"))
        print(handler.start())  # noqa: T201 - a command's output


if __name__ == "__main__":
    main(*sys.argv[1:])
