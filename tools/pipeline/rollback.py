"""The rollback of a workflow: `python -m tools.pipeline.rollback`, with the workflow's inputs as variables."""

import os
import sys
from collections.abc import Mapping

from operate import cli
from tools.pipeline.github import GitHubError, approvers, without_commands


def words(inputs: Mapping[str, str], *, approved_by: str = "") -> list[str]:
    """Return the words of `python -m operate` for some inputs; empty ones are left out."""
    options = {
        "--environment": inputs["ENVIRONMENT"],
        "--service": inputs["SERVICE"],
        "--function": inputs.get("FUNCTION", ""),
        "--to": inputs.get("VERSION", ""),
        "--reason": inputs["REASON"],
        "--approved-by": approved_by,
    }
    # `--option=value`, so that a value which begins with a hyphen is no option.
    return ["rollback", "--yes", *(f"{option}={value}" for option, value in options.items() if value)]


def main(inputs: Mapping[str, str]) -> int:
    """Roll back, also if GitHub does not say who approved it."""
    try:
        people = approvers(inputs["ENVIRONMENT"], inputs)
    except (GitHubError, KeyError, ValueError) as error:
        sys.stderr.write(f"⚠ The record will not name who approved this: {error}\n")
        people = ""
    with without_commands():
        return cli.main(words(inputs, approved_by=people))


if __name__ == "__main__":
    sys.exit(main(os.environ))
