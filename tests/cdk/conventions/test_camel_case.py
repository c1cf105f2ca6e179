"""Names of a manifest in the form of construct ids."""

import pytest

from cdk.conventions.camel_case import camel


@pytest.mark.parametrize(
    ("name", "expected"),
    [("api", "Api"), ("cursor-key", "CursorKey"), ("files/", "Files"), ("files/raw-2/", "FilesRaw2")],
)
def test_a_name_s_parts_begin_with_capitals(name: str, expected: str) -> None:
    assert camel(name) == expected
