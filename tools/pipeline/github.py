"""The files through which a step tells GitHub something; on a laptop there are none, and nothing is told."""

import os
from collections.abc import Mapping
from pathlib import Path


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


def _append(variable: str, text: str) -> None:
    if file := os.environ.get(variable):
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(text)
