"""Test modules import no other test modules: shared code is in a module without tests.

import-linter has no pattern for names that start with `test_`.
"""

import re

import pytest

from tests.repository.files import ROOT, files

_IMPORT = re.compile(
    r"^\s*(?:(?:from|import) (tests(?:\.\w+)*\.test_\w+)"
    r"|from tests[\w.]* import (?:[^#\n]*\W)?(test_\w+)\s*(?:,|as|$))",
    re.MULTILINE,
)


def imported_tests(source: str) -> list[str]:
    return [first or second for first, second in _IMPORT.findall(source)]


def test_no_test_module_is_imported() -> None:
    found = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files("*.py")
        for name in imported_tests(file.read_text("utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "from tests.users.test_store import added",
        "import tests.users.test_store",
        "from tests.users import test_store",
        "from tests.users import things, test_store as module",
    ],
)
def test_each_form_of_import_is_found(line: str) -> None:
    assert imported_tests(f"import re\n{line}\n")


@pytest.mark.parametrize(
    "line", ["from tests.users.things import added", "from tests.bench.imports import FEW, reading"]
)
def test_other_imports_are_allowed(line: str) -> None:
    assert not imported_tests(line)
