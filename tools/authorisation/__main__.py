"""`make authorisation`: write docs/authorisation.md."""

import os
import sys
from pathlib import Path

from tools.authorisation.page import PAGE, page
from tools.openapi.documents import documents
from tools.openapi.environment import VARIABLES

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Write the page."""
    os.environ.update(VARIABLES)
    (ROOT / PAGE).write_text(page(documents()), "utf-8")
    sys.stdout.write(f"✔ {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
