"""Messages of a step to GitHub, through files, and its questions, through `gh`; on a laptop, nothing is told.

Texts of AWS and of a pull request are shown as they are: as code in Markdown, and never as a command to the runner.
"""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# A step's part of the page has at most 1 MiB; the runner drops a longer one:
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
_LONGEST_TEXT = 200_000
_CONTROLS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class GitHubError(Exception):
    """A call of `gh` failed."""


def set_output(name: str, value: str) -> None:
    """Give later jobs a value."""
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def set_variables(variables: Mapping[str, str], *, secret: bool) -> None:
    """Give later steps environment variables; secret ones are hidden in the log."""
    for name, value in variables.items():
        if secret:
            print(f"::add-mask::{value}")  # noqa: T201 - a command to the runner
        _append("GITHUB_ENV", f"{name}={value}\n")


def add_summary(markdown: str) -> None:
    """Show a text on the page of the run."""
    _append("GITHUB_STEP_SUMMARY", f"{markdown}\n")


def as_block(text: str) -> str:
    """Return a text as a block of code, from which no line of it can break out."""
    shown = _CONTROLS.sub("", text.strip())
    if len(shown) > _LONGEST_TEXT:
        shown = f"{shown[:_LONGEST_TEXT]}\n… cut"
    fence = _fence(shown, least=3)
    return f"{fence}\n{shown}\n{fence}"


def as_code(text: str) -> str:
    """Return a text as code within a line; it names no person and opens no tag."""
    shown = " ".join(_CONTROLS.sub("", text).split())
    fence = _fence(shown, least=1)
    # A blank keeps a backtick at an end apart from the fence; Markdown takes it away again.
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def _fence(text: str, *, least: int) -> str:
    """Return more backticks than the text has in a row."""
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])


@contextmanager
def without_commands() -> Iterator[None]:
    """Let the runner take no line of the block's output, nor of its child processes, for a command.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
    """
    if "GITHUB_ACTIONS" not in os.environ:
        yield
        return
    token = secrets.token_hex(16)
    _command(f"stop-commands::{token}")
    try:
        yield
    finally:
        _command(f"{token}::")


def _command(text: str) -> None:
    sys.stdout.write(f"::{text}\n")
    sys.stdout.flush()


def gh(*arguments: str) -> str:
    """Call `gh` and return its output.

    Raises:
        GitHubError: It failed.
    """
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, check=False)  # noqa: S607 - on the runner
    if done.returncode != 0:
        raise GitHubError(f"`gh {' '.join(arguments[:2])}` failed: {done.stderr.strip()}")
    return done.stdout


def approvers(environment: str, variables: Mapping[str, str] = os.environ) -> str:
    """Return the people who let this run reach an environment, separated by commas; empty if it asks no person.

    https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run

    Raises:
        GitHubError: GitHub does not say.
    """
    run = f"repos/{variables['GITHUB_REPOSITORY']}/actions/runs/{variables['GITHUB_RUN_ID']}"
    reviews = json.loads(gh("api", f"{run}/approvals"))
    return ",".join(
        dict.fromkeys(
            review["user"]["login"]
            for review in reviews
            if review["state"] == "approved" and environment in {each["name"] for each in review["environments"]}
        )
    )


def _append(variable: str, text: str) -> None:
    if file := os.environ.get(variable):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(text)
