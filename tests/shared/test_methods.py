import pytest

from functions.shared.methods import known_method


@pytest.mark.parametrize("method", ["GET", "PATCH", "TRACE"])
def test_a_method_of_http_is_itself(method: str) -> None:
    assert known_method(method) == method


@pytest.mark.parametrize("method", ["", "get", "PROPFIND", "A" * 60_000])
def test_any_other_is_called_other(method: str) -> None:
    assert known_method(method) == "other"
