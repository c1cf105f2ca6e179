"""The one comment of a pull request that is kept up to date: `python3 -m tools.pipeline.comment report/report.md`.

It needs no installed package.
"""

import json
import os
import sys

from tools.pipeline.github import gh

# The first line of the report.
MARK = "<!-- platform-report -->"
# The account to which the token of a workflow belongs.
_AUTHOR = "github-actions[bot]"


def main(file: str) -> int:
    """Write the file into the comment that has the mark, or into a new one."""
    place = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    number = os.environ["PULL_REQUEST"]
    listed = json.loads(gh("api", f"{place}/{number}/comments?per_page=100"))
    # A person may write the mark, too: the report would replace that comment, and could not be written without a right.
    own = next(
        (each["id"] for each in listed if each["user"]["login"] == _AUTHOR and each["body"].startswith(MARK)), None
    )
    words = ("PATCH", f"{place}/comments/{own}") if own else ("POST", f"{place}/{number}/comments")
    gh("api", "--method", *words, "--field", f"body=@{file}")
    sys.stdout.write(f"✔ {'updated' if own else 'written'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
