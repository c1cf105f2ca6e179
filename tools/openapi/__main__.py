"""`make openapi`: write docs/openapi.json, the document of the whole platform."""

import os
import sys
from pathlib import Path

from tools.openapi.documents import documents
from tools.openapi.environment import VARIABLES
from tools.openapi.joined import DOCUMENT, JoinError, joined, text_of

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Write the file, or report names with two meanings."""
    os.environ.update(VARIABLES)
    try:
        text = text_of(joined(documents()))
    except JoinError as error:
        sys.stderr.write(f"✘ {str(error).replace('\n', '\n✘ ')}\n")
        return 1
    (ROOT / DOCUMENT).write_text(text, "utf-8")
    sys.stdout.write(f"✔ {DOCUMENT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
