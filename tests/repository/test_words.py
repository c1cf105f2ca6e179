"""Plain words in code, prose, scripts and queries that git tracks; CONTRIBUTING.md explains them.

A line may use a word with a marker and the reason: `words: <reason>`, in a comment of its language or, in Markdown, in
`<!-- -->`.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.repository.files import ROOT, files

PLAIN = {
    r"\bwhoever\b": "name the person or the part",
    r"\bwhose\b": "start a sentence of its own, or write `of`",
    r"\b(?:nobody|somebody)\b": "name the person or the part, or write `no one`",
    r"\balarms?\b[^.;:]{0,40}\b(?:are|is|goes|go|went)\s+off\b": "an alarm fires, or is in ALARM",
}
_WORDS = {re.compile(form, re.IGNORECASE): plain for form, plain in PLAIN.items()}
_ANY = re.compile("|".join(PLAIN), re.IGNORECASE)
_MARKER = re.compile(r"words: \w+")
_QUESTION = re.compile(r"\s*(?:What|Who|How|Where|Which|Whether|Whose)\b")
_DOCSTRING = re.compile(f'"""{_QUESTION.pattern}')
KINDS = ("*.py", "*.md", "*.toml", "*.yaml", "*.yml", "*.sh", "*.go", "Makefile", "events/*.json", "queries/*")
# The texts of others, and this list itself.
EXCLUDED = {"CHANGELOG.md", "tests/repository/test_words.py"}


def found_in(name: str, text: str) -> Iterator[str]:
    """Yield a message for each word and each docstring that should be plainer."""
    is_documented = name.endswith(".py") and not name.startswith("tests/")
    docstrings = _questions(text) if is_documented and _DOCSTRING.search(text) else set()
    # One search of the whole text spares most files the search of each line.
    lines = text.splitlines() if docstrings or _ANY.search(text) else ()
    for number, line in enumerate(lines, 1):
        if _MARKER.search(line):
            continue
        for form, plain in _WORDS.items():
            for match in form.finditer(line):
                yield f"{name}:{number}: {match[0]!r}: {plain}"
        if number in docstrings:
            yield f"{name}:{number}: a docstring starts with a verb or with the name of the thing"


def _questions(text: str) -> set[int]:
    """Return the lines of the docstrings that start like a question."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node)
            if docstring and _QUESTION.match(docstring):
                found.add(node.body[0].lineno)
    return found


def test_every_file_uses_plain_words() -> None:
    tracked = {str(file.relative_to(ROOT)): file for file in files(*KINDS)}
    found = [
        message
        for name, file in tracked.items()
        if name not in EXCLUDED
        for message in found_in(name, file.read_text("utf-8"))
    ]

    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("docs/a.md", "A user whose address is free, and nobody's file.\n", 2),
        ("docs/a.md", "Nobodyelse\n", 0),
        ("docs/a.md", "A user whose address is free. <!-- words: a quotation -->\n", 0),
        ("cdk/a.toml", "# Somebody is called. words:\n", 1),
        ("cdk/a.yaml", 'text: "2 of 3 alarms are off"\n', 1),
        ("cdk/a.yaml", 'text: "2 of 3 alarms are firing"\n', 0),
        ("cdk/a.py", '"""What cfn-lint finds."""\n', 1),
        ("cdk/a.py", '"""Findings."""\n\n\ndef f():\n    """Whether it is."""  # words: the name of a flag\n', 0),
        ("cdk/a.py", '"""Findings."""\n\n\nclass A:\n    """Where it is."""\n', 1),
        ("tests/a.py", '"""What cfn-lint finds."""\n', 0),
    ],
)
def test_each_word_is_found_unless_its_line_has_a_reason(name: str, text: str, count: int) -> None:
    assert len(list(found_in(name, text))) == count
