import json

import pytest

from local.log_lines import access_line, function_line

AT_MS = 1_795_464_845_123


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: 78d734b3 Version: 1",
        "END RequestId: 78d734b3",
        "REPORT RequestId: 78d734b3\tDuration: 25 ms",
        "",
        json.dumps({"_aws": {"CloudWatchMetrics": []}, "service": "users"}),
    ],
)
def test_lines_that_only_machines_read_are_left_out(line: str) -> None:
    assert function_line("users/api", AT_MS, line) is None


def test_json_of_a_function_becomes_level_message_and_fields() -> None:
    entry = {
        "level": "INFO",
        "location": "create:12",
        "message": "user created",
        "timestamp": "2026-11-23T20:14:05Z",
        "service": "users",
        "request_id": "abc",
        "details": {"version": 1},
    }

    line = function_line("users/api", AT_MS, json.dumps(entry) + "\n")

    assert line is not None
    assert line.text == 'INFO    user created  request_id=abc details={"version": 1}'
    assert str(line).endswith(f".123  users/api          {line.text}")


@pytest.mark.parametrize("text", ["plain words", '{"half":', "[1, 2]", '"quoted"'])
def test_text_that_is_no_json_object_is_shown_unchanged(text: str) -> None:
    line = function_line("users/api", AT_MS, text)

    assert line is not None
    assert line.text == text


def test_a_very_long_field_is_cut() -> None:
    line = function_line("users/api", AT_MS, json.dumps({"level": "INFO", "message": "m", "stack": ["x" * 5000]}))

    assert line is not None
    assert len(line.text) < 300


def test_a_line_of_the_access_log_shows_the_request_and_its_result() -> None:
    entry = {
        "StartUTC": "2026-11-23T20:14:05.123456789Z",
        "request_X-Request-Method": "POST",
        "DownstreamStatus": 201,
        "DownstreamContentSize": 204,
        "Duration": 12_400_000,
        "RouterName": "everything@file -> users@file -> users-unsafe@file",
        # The gateway answered instead of the service.
        "ServiceName": "problem-pages@file",
        "request_X-Request-Id": "abc",
    }

    found = access_line(json.dumps(entry))

    assert found is not None
    service, line = found
    assert service == "users"
    assert line.source == "gateway"
    assert line.text == "POST users 201 12 ms 204 B  request_id=abc"


@pytest.mark.parametrize("text", ["", "level=info", '{"level": "info"}'])
def test_text_that_is_no_access_line_is_ignored(text: str) -> None:
    assert access_line(text) is None
