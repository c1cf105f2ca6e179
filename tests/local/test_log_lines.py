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
    line = function_line("users/api", AT_MS, json.dumps({"level": "INFO", "message": "m", "names": ["x" * 5000]}))

    assert line is not None
    assert len(line.text) < 300


def test_an_unexpected_error_shows_its_message_and_its_whole_stack_below() -> None:
    stack = [f"functions/users/{'x' * 90}.py:{line} f" for line in range(30)]
    entry = {"level": "ERROR", "message": "unexpected error", "error": "KeyError", "error_message": "'a'"}

    line = function_line("users/api", AT_MS, json.dumps({**entry, "stack": stack}))

    assert line is not None
    first, *below = line.text.splitlines()
    assert first == "ERROR   unexpected error  error=KeyError error_message='a'"
    assert below == [f"    {frame}" for frame in stack]


def test_a_missing_permission_shows_the_key_that_grants_it() -> None:
    entry = {
        "level": "ERROR",
        "message": "unexpected error",
        "error": "TransactWriteError",
        "denied_action": "dynamodb:PutItem",
        "denied_resource": "arn:aws:dynamodb:eu-west-1:1:table/platform-local-users",
    }

    line = function_line("users/api", AT_MS, json.dumps(entry))

    assert line is not None
    assert line.text.splitlines()[1] == (
        '    → functions/users/service.toml, [functions.api] table_actions: add "PutItem"'
    )


def test_an_error_at_import_shows_the_innermost_frame_first() -> None:
    entry = {
        "timestamp": "2026-11-23T20:14:05Z",
        "level": "ERROR",
        "errorMessage": "boom",
        "errorType": "RuntimeError",
        "requestId": "",
        "stackTrace": [
            '  File "/var/task/functions/users/lambdas/api.py", line 7, in <module>\n    import routes\n',
            '  File "/var/task/functions/users/routes.py", line 52, in <module>\n    fail()\n',
        ],
    }

    line = function_line("users/api", AT_MS, json.dumps(entry))

    assert line is not None
    assert line.text.splitlines() == [
        "ERROR   RuntimeError: boom",
        "    functions/users/routes.py:52 <module>  fail()",
        "    functions/users/lambdas/api.py:7 <module>  import routes",
    ]


@pytest.mark.parametrize(
    ("router", "service"),
    [
        ("everything@file -> users@file -> users-safe@file", "users"),
        ("everything@file -> users@file", "users"),
        # No route below it matched.
        ("everything@file", ""),
    ],
)
def test_an_answer_of_the_gateway_itself_belongs_to_the_service_of_the_request(router: str, service: str) -> None:
    entry = {
        "StartUTC": "2026-11-23T20:14:05Z",
        "request_X-Request-Method": "GET",
        "DownstreamStatus": 502,
        "RouterName": router,
        "ServiceName": "problem-pages@file",
    }

    found = access_line(json.dumps(entry))

    assert found is not None
    assert found[0] == service


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
