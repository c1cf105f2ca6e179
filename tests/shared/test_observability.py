import io
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

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


def test_metrics_are_one_line_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    count("Things", 2)
    count("Things", 3)
    flush_metrics()
    flush_metrics()

    [line] = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    [directive] = written["_aws"]["CloudWatchMetrics"]
    assert written["Things"] == [2, 3]
    assert written["service"]
    assert directive["Dimensions"] == [["service"]]
    assert directive["Metrics"] == [{"Name": "Things", "Unit": "Count"}]
    assert " " not in line
