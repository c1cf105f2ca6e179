"""The report on a pull request: `python -m tools.pipeline.report <commit of main> report/report.md`.

It compares this checkout with another commit: templates, clients, events, cost, bundles. A part that cannot be computed
says so and does not end the report.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from operate.releases.cdk_cli import CDK, template_digests
from tools.contracts.contract import load_contracts
from tools.contracts.record import refusals
from tools.pipeline.api_changes import breaking_changes
from tools.pipeline.comment import MARK
from tools.pipeline.github import add_summary, as_block, as_code

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "prod")
DOCUMENT = "docs/openapi.json"
# A comment has at most 65,536 characters.
_LONGEST_DIFF = 24_000
_RATE = "requests_per_second=50"


@dataclass(frozen=True)
class Tree:
    """A checkout and its cloud assemblies.

    Attributes:
        root: The checkout.
        assemblies: The folder with an assembly for each environment.
    """

    root: Path
    assemblies: Path

    def run(self, *words: str | Path) -> str:
        """Run a program in the checkout and return its output.

        Raises:
            CalledProcessError: It failed.
        """
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=True).stdout

    def synthesize(self) -> None:
        """Write the assemblies."""
        for environment in ENVIRONMENTS:
            output = self.assemblies / environment
            self.run(*CDK, "synth", "--quiet", "--context", f"environment={environment}", "--output", output)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document of the whole platform."""
        found: dict[str, Any] = json.loads((self.root / DOCUMENT).read_text("utf-8"))
        return found

    def bundles(self) -> dict[str, Path]:
        """Return the zip of each function of prod, by the function's name."""
        folder = self.assemblies / ENVIRONMENTS[-1]
        found = dict[str, Path]()
        for template in sorted(folder.glob("*.template.json")):
            for resource in json.loads(template.read_text("utf-8")).get("Resources", {}).values():
                key = resource.get("Properties", {}).get("Code", {}).get("S3Key", "")
                file = folder / f"asset.{key}"
                if resource["Type"] == "AWS::Lambda::Function" and key and file.is_file():
                    found[resource["Properties"]["FunctionName"]] = file
        return found

    def host_bundle(self) -> Path:
        """Build the bundle of users for this machine, which can run it."""
        build = "from tests.bench.bundles import bundle_of; print(bundle_of('users'))"
        return Path(self.run(".venv/bin/python", "-c", build).strip())

    def cost(self, environment: str) -> str:
        """Return the monthly total in dollars, as `make cost` prints it."""
        words = (".venv/bin/python", "-m", "operate", "cost", "--environment", environment, _RATE)
        total = re.search(r"\btotal\b.*", self.run(*words))
        return re.findall(r"[\d,]+(?:\.\d+)?", total[0])[-1] if total else "?"


@dataclass(frozen=True)
class Report:
    """A comparison of two trees.

    Attributes:
        base: The other commit.
        head: This checkout.
    """

    base: Tree
    head: Tree

    def text(self) -> str:
        """Return the report as Markdown."""
        parts: Mapping[str, Callable[[], str]] = {
            "Clients": self.clients,
            "Events": self.events,
            "Cost at 50 requests a second": self.cost,
            "Bundles": self.bundles,
            "Templates": self.templates,
        }
        sections = [f"### {title}\n\n{_or_reason(part)}" for title, part in parts.items()]
        return "\n\n".join([MARK, "## This change against main", *sections]) + "\n"

    def clients(self) -> str:
        """List the changes of the OpenAPI document that break clients."""
        return _listed(breaking_changes(self.base.document, self.head.document), "No change breaks a client.")

    def events(self) -> str:
        """List the changes of events that break consumers of the contracts that main has published."""
        found = refusals(load_contracts(self.head.root), self.base.root)
        return _listed(found, "No change breaks a consumer.")

    def cost(self) -> str:
        """Compare the estimates."""
        rows = [(name, f"${self.base.cost(name)}", f"${self.head.cost(name)}") for name in ENVIRONMENTS]
        return _table(("environment", "main", "this"), rows)

    def bundles(self) -> str:
        """Compare the sizes of zips, and what an import takes."""
        before, after = self.base.bundles(), self.head.bundles()
        rows = [
            (name, _megabytes(before.get(name)), _megabytes(after.get(name)))
            for name in sorted(before.keys() | after.keys())
            if _size(before.get(name)) != _size(after.get(name))
        ]
        sizes = _table(("function", "main", "this"), rows) if rows else "No bundle has another size."
        return f"{sizes}\n\n{_or_reason(self.imports)}"

    def imports(self) -> str:
        """Compare the instructions of the import of users; this checkout counts both, so that only the code differs."""
        if shutil.which("valgrind") is None:
            return "Instructions of the import of users: not counted, valgrind is missing."
        counts = [
            int(self.head.run(".venv/bin/python", "-m", "tests.bench.start_of", tree.host_bundle()))
            for tree in (self.base, self.head)
        ]
        millions = [count / 1e6 for count in counts]
        change = (millions[1] / millions[0] - 1) * 100
        return f"Instructions of the import of users: {millions[0]:,.1f} M, now {millions[1]:,.1f} M ({change:+.1f} %)."

    def templates(self) -> str:
        """Show the CDK's diff of each stack that differs."""
        return "\n\n".join(self._templates(environment) for environment in ENVIRONMENTS)

    def _templates(self, environment: str) -> str:
        before, after = self.base.assemblies / environment, self.head.assemblies / environment
        old, new = template_digests(before), template_digests(after)
        lines = [f"{as_code(name)} is new" for name in sorted(new.keys() - old.keys())]
        lines += [
            f"{as_code(name)} is gone; its stack stays until it is deleted" for name in sorted(old.keys() - new.keys())
        ]
        changed = [name for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
        diffs = "\n".join(self._diff(name, before, after) for name in changed)
        summary = f"**{environment}**: {len(changed)} of {len(new)} stacks differ" + "".join(
            f"; {line}" for line in lines
        )
        if not changed:
            return summary
        text = diffs if len(diffs) <= _LONGEST_DIFF else f"{diffs[:_LONGEST_DIFF]}\n… cut; `make diff` shows all"
        return f"{summary}\n\n<details><summary>cdk diff</summary>\n\n{as_block(text)}\n</details>"

    def _diff(self, stack: str, before: Path, after: Path) -> str:
        template = before / f"{stack}.template.json"
        options = ("--app", after, "--template", template, "--exclusively", "--no-color")
        done = subprocess.run(
            [*CDK, "diff", stack, *options], cwd=self.head.root, capture_output=True, text=True, check=False
        )
        return f"{done.stdout}{done.stderr}".strip()


def _or_reason(part: Callable[[], str]) -> str:
    try:
        return part()
    except subprocess.CalledProcessError as error:
        return f"Not computed: {as_code(error.stderr.strip()[-500:] or str(error))}"
    except Exception as error:  # noqa: BLE001 - each part is reported, and the others are still of use
        return f"Not computed: {as_code(f'{type(error).__name__}: {error}')}"


def _listed(lines: Iterator[str], otherwise: str) -> str:
    return "\n".join(f"- {as_code(line)}" for line in lines) or otherwise


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _size(file: Path | None) -> int:
    return file.stat().st_size if file else 0


def _megabytes(file: Path | None) -> str:
    return f"{_size(file) / 1e6:.2f} MB" if file else "–"


def check_out(commit: str, folder: Path) -> Path:
    """Check a commit out beside this checkout, with its installed packages."""
    shutil.rmtree(folder, ignore_errors=True)
    for words in (("worktree", "prune"), ("worktree", "add", "--detach", "--force", str(folder), commit)):
        subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True)  # noqa: S607 - every runner has Git
    (folder / ".local").mkdir()
    for name in (".venv", "node_modules", ".local/cache", ".local/aws", ".local/bundles"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    return folder


def main(commit: str, file: str) -> int:
    """Write the report and add it to the page of the run."""
    work = ROOT / ".local" / "report"
    base = Tree(check_out(commit, work / "base"), work / "base-assemblies")
    report = Report(base, Tree(ROOT, work / "head-assemblies"))
    for tree in (report.base, report.head):
        if problem := _or_reason(lambda tree=tree: tree.synthesize() or ""):  # type: ignore[misc]
            sys.stderr.write(f"✘ {tree.root}: {problem}\n")
    text = report.text()
    subprocess.run(["git", "worktree", "remove", "--force", str(base.root)], cwd=ROOT, check=True)  # noqa: S607 - as above
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    add_summary(text)
    sys.stdout.write(f"✔ {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
