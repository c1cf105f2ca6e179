"""Test modules import no other test modules: shared code is in a module without tests.

import-linter has no pattern for names that start with `test_`.
"""

import re

from tests.repository.files import ROOT, files

_IMPORT = re.compile(r"^\s*(?:from|import) (tests(?:\.\w+)*\.test_\w+)", re.MULTILINE)


def test_no_test_module_is_imported() -> None:
    found = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files("*.py")
        for name in _IMPORT.findall(file.read_text("utf-8"))
    ]

    assert found == []
