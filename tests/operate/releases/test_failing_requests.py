"""Failing requests of a version are found in its logs, with their causes and without personal data."""

from typing import Any

from operate.releases.failing_requests import FailingRequest, failing_requests

STACK = ["functions/users/service.py:41 get", "functions/users/routes.py:20 get_user"]


def answered(request_id: str, status: int = 500, *, route: str = "/users/{user_id}", **more: Any) -> dict[str, Any]:
    line = {"level": "INFO", "message": "request", "method": "GET", "route": route, "status": status}
    return {**line, "duration_ms": 12.4, "request_id": request_id, **more}


def raised(request_id: str, error: str = "KeyError", message: str = "unexpected error") -> dict[str, Any]:
    fields = {"error": error, "stack": STACK, "error_message": "ada@example.com", "request_id": request_id}
    return {"level": "ERROR", "message": message, **fields}


def shown(*lines: dict[str, Any]) -> list[str]:
    return [str(each) for each in failing_requests(lines)]


def test_the_lines_of_a_request_are_joined_and_say_nothing_personal() -> None:
    cause = "GET /users/{user_id}, 500 after 12 ms: KeyError at functions/users/service.py:41 get"

    assert (
        shown(raised("r1"), answered("r1")) == shown(answered("r1"), raised("r1")) == [f"failing request r1: {cause}"]
    )


def test_at_most_two_requests_are_named_with_different_causes_if_there_are() -> None:
    same = [answered(f"r{number}") for number in range(5)]

    assert [each.request_id for each in failing_requests(same)] == ["r0", "r1"]
    assert [each.request_id for each in failing_requests([*same, answered("other", 502)])] == ["r0", "other"]


def test_an_event_that_failed_is_named_by_its_kind() -> None:
    assert shown(raised("e1", message="event failed")) == [
        "failing request e1: event failed: KeyError at functions/users/service.py:41 get"
    ]


def test_a_function_that_does_not_start_is_named_by_the_line_of_its_runtime() -> None:
    frames = [
        '  File "/var/task/functions/users/lambdas/api.py", line 3, in <module>\n    import x\n',
        '  File "/var/task/functions/users/routes.py", line 9, in <module>\n    raise RuntimeError(EMAIL)\n',
    ]
    line = {"level": "ERROR", "errorType": "RuntimeError", "errorMessage": "ada@example.com", "stackTrace": frames}

    assert shown(line) == ["failing request without an id: start: RuntimeError at functions/users/routes.py:9 <module>"]


def test_an_invocation_without_an_answer_is_named() -> None:
    line = {"type": "platform.report", "record": {"requestId": "i1", "status": "timeout"}}

    assert shown(line) == ["failing request i1: invocation, ended by Lambda: timeout"]


def test_a_late_answer_is_named_only_if_there_are_no_errors() -> None:
    late = answered("late", 200, duration_ms=2310)

    assert shown(late) == ["failing request late: GET /users/{user_id}, 200 after 2310 ms"]
    assert [each.request_id for each in failing_requests([late, answered("r1")])] == ["r1"]


def test_a_call_of_the_hook_is_no_request_of_a_user() -> None:
    request = FailingRequest("r1")
    request.add(answered("r1", rehearsed=True))

    assert str(request).startswith("failing request r1 (called by the hook): GET")
