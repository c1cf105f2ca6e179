"""`make authorisation`: write docs/authorisation.md."""

import os
import sys
from pathlib import Path

from tests.authorisation.page import PAGE, page
from tests.tokens import user_pool

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Write the page."""
    # As a function has it; nothing of it reaches an AWS account.
    os.environ["AWS_REGION"] = "eu-west-1"
    with user_pool():
        from tests.authorisation.documents import documents  # noqa: PLC0415 - after the environment above

        (ROOT / PAGE).write_text(page(documents()), "utf-8")
    sys.stdout.write(f"✔ {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
