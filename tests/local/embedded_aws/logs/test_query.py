"""The language of Logs Insights in the embedded AWS."""

import pytest

from local.embedded_aws.logs.query import TIME_MS, parse
from local.embedded_aws.logs.query_language import MalformedQuery, Record

HOUR_MS = 3_600_000


def record(number: int, **fields: object) -> Record:
    return {"@timestamp": f"t{number}", "@message": f"line {number}", TIME_MS: number * HOUR_MS, **fields}


RECORDS = [
    record(1, level="INFO", route="/a", ms=5, status=200),
    record(2, level="ERROR", route="/b", ms=70, status=503, reason="bus away"),
    record(3, level="INFO", route="/a", ms=15, status=200),
    record(4, level="INFO", route="/b", ms=100.5, status=404),
]


def messages(query: str) -> list[str]:
    return [row["@message"] for row in parse(query).answer(RECORDS)]


def test_without_a_sort_the_newest_comes_first() -> None:
    assert messages("fields @message") == ["line 4", "line 3", "line 2", "line 1"]


def test_a_field_that_a_record_does_not_have_is_left_out_of_its_row() -> None:
    assert parse("fields route, reason as why | sort ms asc | limit 2").answer(RECORDS) == [
        {"route": "/a"},
        {"route": "/a"},
    ]
    assert parse("fields route, reason as why | filter ispresent(why)").answer(RECORDS) == [
        {"route": "/b", "why": "bus away"}
    ]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ('level = "ERROR"', [2]),
        ("level != 'ERROR'", [4, 3, 1]),
        ("ms > 15", [4, 2]),
        ("ms >= 15", [4, 3, 2]),
        ("status >= 400 and status < 500", [4]),
        ('level = "ERROR" or status = 404 and route = "/b"', [4, 2]),
        ('(level = "ERROR" or status = 404) and ms > 80', [4]),
        ("not ispresent(reason)", [4, 3, 1]),
        ("reason like /BUS/i", [2]),
        ("reason like 'away'", [2]),
        ("reason not like /bus/", [4, 3, 1]),
        ("status in [404, 503]", [4, 2]),
        ("route in ['/a']", [3, 1]),
        ("colour = 'red'", []),
    ],
)
def test_a_filter_keeps_the_records_that_fulfil_its_condition(condition: str, numbers: list[int]) -> None:
    assert messages(f"fields @message | filter {condition}") == [f"line {number}" for number in numbers]


def test_filters_apply_one_after_another() -> None:
    assert messages("fields @message | filter route = '/b' | filter ms < 100") == ["line 2"]


def test_stats_are_grouped_by_their_keys_and_named_by_their_text_or_alias() -> None:
    query = parse("stats count(*), avg(ms) as mean, latest(@message) by route | sort route asc")

    assert query.answer(RECORDS) == [
        {"route": "/a", "count(*)": "2", "mean": "10", "latest(@message)": "line 3"},
        {"route": "/b", "count(*)": "2", "mean": "85.25", "latest(@message)": "line 4"},
    ]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("count(reason)", "1"),
        ("count_distinct(route)", "2"),
        ("sum(ms)", "190.5"),
        ("min(ms)", "5"),
        ("max(ms)", "100.5"),
        ("pct(ms, 50)", "70"),
        ("pct(ms, 100)", "100.5"),
        ("earliest(@message)", "line 1"),
    ],
)
def test_an_aggregate_ignores_missing_values(function: str, value: str) -> None:
    assert parse(f"stats {function} as it").answer(RECORDS) == [{"it": value}]


def test_stats_of_no_records_are_one_row_without_a_key_and_none_with_one() -> None:
    assert parse("filter ms > 1000 | stats count(*) as n, avg(ms) as mean").answer(RECORDS) == [{"n": "0"}]
    assert parse("filter ms > 1000 | stats count(*) as n by route").answer(RECORDS) == []


def test_a_bin_is_the_beginning_of_its_span() -> None:
    assert parse("stats count(*) as n by bin(2h)").answer(RECORDS) == [
        {"bin(2h)": "1970-01-01 04:00:00.000", "n": "1"},
        {"bin(2h)": "1970-01-01 02:00:00.000", "n": "2"},
        {"bin(2h)": "1970-01-01 00:00:00.000", "n": "1"},
    ]


def test_a_sort_by_two_fields_starts_with_the_first() -> None:
    assert messages("fields @message | sort route asc, ms desc") == ["line 3", "line 1", "line 4", "line 2"]


def test_numbers_are_sorted_as_numbers_after_missing_values() -> None:
    assert messages("fields @message | sort ms asc") == ["line 1", "line 3", "line 2", "line 4"]
    assert messages("fields @message | sort reason desc | limit 1") == ["line 2"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("parse @message /x/", "parse: the embedded AWS has fields"),
        ("stats median(ms)", r"median\(\): the embedded AWS has count"),
        ("stats pct(ms)", "expected a field and a percentile"),
        ("stats avg(ms, 5)", "expected only a field"),
        ("filter ms + 1 > 5", "unexpected"),
        ("filter ms ( 5", r"unexpected '\(' after ms"),
        ("filter level = ", "expected a text or a number"),
        ("fields @message limit 5", r"expected '\|'"),
        ("fields @message |", "expected a name"),
        ("filter level = 'open", "unexpected"),
        ("", "expected a name"),
    ],
)
def test_unsupported_syntax_is_refused_and_never_ignored(query: str, problem: str) -> None:
    with pytest.raises(MalformedQuery, match=problem):
        parse(query)
