"""Queries of Logs Insights."""

import pytest

from operate.deployed.log_insights import log_groups, span_s, text_of
from operate.deployed.query_file import QueryFile
from operate.errors import OperateError
from operate.target import Target


def query(*groups: str, text: str = "") -> QueryFile:
    return QueryFile(name="q", language="logs", description="", text=text, log_groups=groups)


def test_a_parameter_is_inserted_into_the_text() -> None:
    parametrized = query(text='filter request_id = "{request_id}"')

    assert text_of(parametrized, {"request_id": "a-1", "last": "1h"}) == 'filter request_id = "a-1"'


@pytest.mark.parametrize("value", ['a" or "b', "a|b", "a b", "a\n", "", "é" * 201])
def test_a_value_that_could_change_the_query_is_rejected(value: str) -> None:
    with pytest.raises(OperateError, match="request_id: expected letters"):
        text_of(query(text="{request_id}"), {"request_id": value})


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("2h", 7200), ("7d", 604_800)])
def test_a_time_range_is_parsed(text: str, seconds: int) -> None:
    assert span_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "1", "h", "1w", "-1h", "1.5h", "99999d"])
def test_an_invalid_time_range_is_rejected_with_examples(text: str) -> None:
    with pytest.raises(OperateError, match="15m, 2h or 7d"):
        span_s(text)


def test_log_groups_belong_to_the_matching_functions() -> None:
    target = Target("dev", {})

    assert log_groups(query("users/api", "users/relay"), target) == [
        "/aws/lambda/platform-dev-users-api",
        "/aws/lambda/platform-dev-users-relay",
    ]
    assert len(log_groups(query("*/api"), target)) == len([each for each in target.manifests.values() if each.http])


def test_a_query_without_a_matching_function_is_rejected() -> None:
    with pytest.raises(OperateError, match=r"0 functions match users/nothing"):
        log_groups(query("users/nothing"), Target("dev", {}))
