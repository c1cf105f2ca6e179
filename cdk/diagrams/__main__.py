"""`make diagrams`: generate the diagrams of docs/architecture.md from templates; `--check`: fail if they are old."""

import argparse
import sys
import tempfile
from pathlib import Path

from cdk.diagrams.page import MAIN, OTHER, PAGE, PageError, draw_all, insert_diagrams
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import load_environment
from cdk.settings.manifests import PROJECT, load_manifests
from cdk.synthesis import synthesize

COMMAND = "make diagrams"


def main(words: list[str] | None = None, project: Path = PROJECT) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the diagrams are out of date")
    arguments = parser.parse_args(words)
    page = project / PAGE
    old = page.read_text("utf-8")
    try:
        environments = [load_environment(name) for name in (MAIN, OTHER)]
        with tempfile.TemporaryDirectory() as folder:
            assembly = synthesize(Path(folder), environments, load_manifests(project))
            new = insert_diagrams(old, draw_all(assembly, *(environment.prefix for environment in environments)))
    except (ConfigurationError, PageError) as error:
        sys.stderr.write(f"✘ {error}\n")
        return 1
    if not arguments.check:
        page.write_text(new, "utf-8")
        sys.stdout.write(f"✔ {PAGE}\n")
    elif new != old:
        sys.stderr.write(f"✘ {PAGE}: its diagrams are out of date; run: {COMMAND}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
