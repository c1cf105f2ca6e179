"""CONTRIBUTING.md and docs/README.md name only files, commands and pages that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and " … " not in line and "---" not in line]
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def targets_of(command: str) -> set[str]:
    """Return the targets of `make …`, without its variables."""
    return {word for word in command.split()[1:] if "=" not in word}


def links(file: Path) -> Iterator[tuple[Path, str]]:
    for target in re.findall(r"\]\(([^)#:]*)(?:#[^)]*)?\)", file.read_text("utf-8")):
        if target:
            yield file.parent / target, target


def anchors(page: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def test_the_table_has_some_twenty_rows() -> None:
    assert len(ROWS) >= 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_a_row_names_files_and_commands_that_exist(row: str) -> None:
    for word in quoted(row):
        if word.startswith("make "):
            assert targets_of(word) <= TARGETS, word
        elif "/" in word or word.endswith((".md", ".toml", ".py")) or word == "Makefile":
            for service in ("users", "imports"):
                path = ROOT / word.replace("<service>", service)
                assert path.exists(), word
                assert path.is_dir() == word.endswith("/"), f"{word}: expected a slash at the end of folders alone"


def test_every_make_command_of_the_page_exists() -> None:
    commands = [command for command in quoted(PAGE) if command.startswith("make ")]

    assert set().union(*map(targets_of, commands)) <= TARGETS


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/README.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    for path, target in links(ROOT / page):
        # A page of the repository at GitHub, whatever its owner and name are, beside the file's own page there.
        workflow = re.fullmatch(r"\.\./\.\./actions/workflows/([\w.]+)(/badge\.svg)?", target)
        assert (ROOT / ".github/workflows" / workflow[1] if workflow else path).exists(), target


def test_every_section_that_is_linked_to_exists() -> None:
    linked = re.findall(r"\]\(#([^)]+)\)", PAGE)

    assert linked
    assert set(linked) <= anchors(PAGE)


def test_the_index_of_the_docs_links_to_every_page() -> None:
    pages = {file.resolve() for file in (ROOT / "docs").rglob("*.md") if "decisions" not in file.parts}
    linked = {path.resolve() for path, _ in links(ROOT / "docs/README.md")}

    assert pages - {ROOT / "docs/README.md"} <= linked
