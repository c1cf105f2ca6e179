"""The rollback of a workflow: `python -m tools.pipeline.rollback`, with the workflow's inputs as variables."""

import os
import sys
from collections.abc import Mapping

from operate import cli


def words(inputs: Mapping[str, str]) -> list[str]:
    """Return the words of `python -m operate` for some inputs; empty ones are left out."""
    options = {
        "--environment": inputs["ENVIRONMENT"],
        "--service": inputs["SERVICE"],
        "--function": inputs.get("FUNCTION", ""),
        "--to": inputs.get("VERSION", ""),
        "--reason": inputs["REASON"],
    }
    # `--option=value`, so that a value which begins with a hyphen is no option.
    return ["rollback", "--yes", *(f"{option}={value}" for option, value in options.items() if value)]


if __name__ == "__main__":
    sys.exit(cli.main(words(os.environ)))
