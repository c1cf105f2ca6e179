"""Add a service to the project."""

import argparse
import builtins
import keyword
import re
import subprocess
import sys
import tokenize
from pathlib import Path

from cdk.settings.stack_names import RESERVED

TEMPLATE = Path(__file__).parent / "template"
PROJECT = Path(__file__).parents[2]
# The name is part of a Python package, a URL and AWS names; cdk/settings/manifest.py also limits its length.
NAME = re.compile(r"[a-z][a-z0-9]{1,12}s")
SINGULAR = re.compile(r"[a-z][a-z0-9]*")
TAKEN = frozenset({"docs", "shared", *RESERVED, *keyword.kwlist, *dir(builtins)})


class ScaffoldError(Exception):
    """The service cannot be added; the message gives the cause and the remedy."""


def singular_of(name: str) -> str:
    """Return the singular of a regular English plural: `refunds`, `boxes`, `parties`."""
    if name.endswith("ies"):
        return f"{name.removesuffix('ies')}y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name.removesuffix("es")
    return name.removesuffix("s")


def add_service(name: str, *, singular: str | None = None, project: Path = PROJECT) -> list[Path]:
    """Write the service's folders.

    Args:
        name: Plural and lower case: `refunds`.
        singular: Only for an irregular plural.
        project: The checkout.

    Returns:
        The folders, relative to the checkout.

    Raises:
        ScaffoldError: The name is not valid, or the service exists.
    """
    one = singular or singular_of(name)
    taken = TAKEN | _names_in_the_template()
    if not NAME.fullmatch(name) or not SINGULAR.fullmatch(one) or taken & {name, one, one.capitalize()} or one == name:
        raise ScaffoldError(
            f"{name!r} cannot be a service's name. Choose a plural of 3 to 14 lower-case letters and digits, "
            "like `refunds`, that is not a word of Python, of the platform or of the template's code; "
            "give an irregular singular with singular=…."
        )
    folders = [Path("functions", name), Path("tests", name), Path("events", name)]
    existing = [str(folder) for folder in folders if (project / folder).exists()]
    if existing:
        raise ScaffoldError(f"{' and '.join(existing)} exists already. Choose another name, or delete it first.")
    # The longer name of a pair comes first, because the first match wins.
    renamed = {
        "widgets": name,
        "Widgets": name.capitalize(),
        "widget": one,
        "Widget": one.capitalize(),
        "WIDGET": one.upper(),
    }
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_file() and "__pycache__" not in source.parts:
            target = project / _renamed(source.relative_to(TEMPLATE).as_posix(), renamed)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_renamed(source.read_text(), renamed))
    _tidy(folders, project)
    return folders


def _names_in_the_template() -> set[str]:
    # A service `events` would have two parameters called `event`, a service `pages` two classes called `Page`.
    names: set[str] = set()
    for source in TEMPLATE.rglob("*.py"):
        with tokenize.open(source) as file:
            tokens = tokenize.generate_tokens(file.readline)
            names.update(token.string for token in tokens if token.type == tokenize.NAME)
    return names


def _tidy(folders: list[Path], project: Path) -> None:
    # A new name changes the order of the imports and the line breaks.
    for command in (["check", "--fix", "--select", "I"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--quiet", *folders[:2]], cwd=project, check=True)


def _renamed(text: str, names: dict[str, str]) -> str:
    return re.sub("|".join(names), lambda match: names[match[0]], text)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="make service", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help="plural and lower case: refunds")
    parser.add_argument("--singular", help="of an irregular plural: --singular index")
    arguments = parser.parse_args()
    try:
        folders = add_service(arguments.name, singular=arguments.singular)
    except ScaffoldError as error:
        print(f"✘ {error}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1
    print(  # noqa: T201 - a command's output
        f"✔ {arguments.name} is in {', '.join(map(str, folders))}\n"
        f"  make check service={arguments.name}\n"
        f"  make up    deploys it\n"
        f"  rm -r {' '.join(map(str, folders))} && make docs && make up    removes it"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
