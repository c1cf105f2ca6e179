import io
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.shared import observability
from functions.shared.interface.names import BATCHES_FAILED, DURATION, SERVER_ERRORS
from functions.shared.observability import count, flush_metrics, logger


def test_a_line_has_a_level_and_a_timestamp_that_lambda_can_read(log: io.StringIO) -> None:
    logger.error("something")

    line = json.loads(log.getvalue())
    written_at = datetime.fromisoformat(line["timestamp"])
    assert line["level"] == "ERROR"
    assert "T" in line["timestamp"]
    assert "," not in line["timestamp"]
    assert abs(datetime.now(UTC) - written_at) < timedelta(minutes=1)


def test_a_line_has_the_fields_of_powertools_own_logger(log: io.StringIO) -> None:
    own = io.StringIO()
    plain = Logger(service="plain", level="INFO", utc=True, use_rfc3339=True, stream=own)
    fields: dict[str, Any] = {
        "route": "/users/{user_id}",
        "status": 200,
        "name é": 'ü"\\',
        "nested": {"a": [1, None, 2.5]},
        "none": None,
    }
    fields["when"] = datetime(2026, 11, 29, tzinfo=UTC)

    for each in (logger, plain):
        each.info("request", **fields)

    ours, theirs = json.loads(log.getvalue()), json.loads(own.getvalue())
    varying = {"service", "timestamp", "request_id", "trace_id"}
    assert {name: ours[name] for name in ours if name not in varying} == {
        name: theirs[name] for name in theirs if name not in varying
    }
    assert {"level", "location", "message", "timestamp", "service"} <= ours.keys()
    assert not {"taskName", "processName", "threadName", "process", "none"} & ours.keys()


def test_a_line_with_an_exception_has_its_stack(log: io.StringIO) -> None:
    try:
        raise LookupError("missing")  # noqa: TRY301 - an exception with a stack
    except LookupError:
        logger.exception("failed")

    line = json.loads(log.getvalue())
    assert line["exception_name"] == "LookupError"
    assert "missing" in line["exception"]
    assert line["level"] == logging.getLevelName(logging.ERROR)


def flushed(capsys: pytest.CaptureFixture[str], *names: str) -> tuple[dict[str, Any], dict[str, list[list[str]]]]:
    """Count these metrics; return the line, and the sets of dimensions of each metric."""
    for name in names:
        count(name)
    flush_metrics()
    [text] = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    return line, {
        metric["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }


def test_metrics_are_one_line_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    count("Things", 2)
    count("Things", 3)
    flush_metrics()
    flush_metrics()

    [line] = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    [directive] = written["_aws"]["CloudWatchMetrics"]
    assert written["Things"] == [2, 3]
    assert directive == {
        "Namespace": "platform",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "Things", "Unit": "Count"}],
    }
    assert abs(written["_aws"]["Timestamp"] / 1000 - datetime.now(UTC).timestamp()) < 60
    assert " " not in line


def test_each_dimension_of_a_metric_has_a_value_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    line, dimensions = flushed(capsys, DURATION, BATCHES_FAILED, "Things")

    named = {name for sets in dimensions.values() for each in sets for name in each}
    assert named == {"service", "function", "version"}
    assert {name: line[name] for name in named} == {"service": "tests", "function": "local", "version": "local"}


def test_the_version_of_a_metric_is_the_one_by_which_an_alarm_knows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FUNCTION", "api")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "41")
    uncached = observability._origin.__wrapped__  # noqa: SLF001 - a process keeps the version of its first metric
    monkeypatch.setattr(observability, "_origin", uncached)

    line, _ = flushed(capsys, DURATION)

    assert (line["function"], line["version"]) == ("api", "41")


def test_requests_are_counted_for_the_service_and_for_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    _, dimensions = flushed(capsys, DURATION, SERVER_ERRORS)

    assert dimensions[DURATION] == dimensions[SERVER_ERRORS] == [["service"], ["service", "function", "version"]]


def test_failed_batches_are_counted_for_the_function_and_for_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    _, dimensions = flushed(capsys, BATCHES_FAILED, "EventsFailed", "EventsConsumed")

    assert dimensions[BATCHES_FAILED] == [["service", "function"], ["service", "function", "version"]]
    assert dimensions["EventsFailed"] == [["service"], ["service", "function", "version"]]
    # CloudWatch bills a metric for each set: a metric that judges no version has one.
    assert dimensions["EventsConsumed"] == [["service"]]
