"""The one comment of a pull request that is kept up to date: `python3 -m tools.pipeline.comment report/report.md`.

It needs no installed package.
"""

import json
import os
import subprocess
import sys

# The first line of the report.
MARK = "<!-- platform-report -->"


def main(file: str) -> int:
    """Write the file into the comment that has the mark, or into a new one."""
    place = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    number = os.environ["PULL_REQUEST"]
    listed = json.loads(_gh("api", f"{place}/{number}/comments?per_page=100"))
    # A person who quotes the report begins with another text.
    own = next((each["id"] for each in listed if each["body"].startswith(MARK)), None)
    words = ("PATCH", f"{place}/comments/{own}") if own else ("POST", f"{place}/{number}/comments")
    _gh("api", "--method", *words, "--field", f"body=@{file}")
    sys.stdout.write(f"✔ {'updated' if own else 'written'}\n")
    return 0


def _gh(*arguments: str) -> str:
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=True)  # noqa: S607 - on the runner
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
