"""Every exception from a lint rule has its reason beside it."""

import re

from tests.repository.files import ROOT, files

# Written in two parts, so that the patterns do not match their own lines.
_MARK = "# no" + "qa"
_WITH_REASON = re.compile(_MARK + r": [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)* - \S")


def test_each_exception_from_a_lint_rule_has_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if _MARK in line and not _WITH_REASON.search(line)
    ]

    assert bare == [], "write the reason after the code and a hyphen"
