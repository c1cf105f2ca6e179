"""`make authorisation`: write docs/authorisation.md."""

import os
import sys
from pathlib import Path

from tools.authorisation.documents import documents
from tools.authorisation.page import PAGE, page

ROOT = Path(__file__).parents[2]
# The services read these when they are imported; the page contains none of the values.
_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "SIGN_IN_URL": "https://sign-in.invalid",
    "USER_POOL_ID": "none",
    "USER_POOL_CLIENTS": "none",
    "DOCS_CLIENT_ID": "none",
}


def main() -> int:
    """Write the page."""
    os.environ.update(_ENVIRONMENT)
    (ROOT / PAGE).write_text(page(documents()), "utf-8")
    sys.stdout.write(f"✔ {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
