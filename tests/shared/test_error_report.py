import json

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import TransactWriteError

from functions.shared.error_report import report


def raised(error: Exception, *, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def denied(action: str, resource: str) -> ClientError:
    message = (
        f"User: arn:aws:sts::1:assumed-role/role/function is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action"
    )
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, "TransactWriteItems")


def test_the_innermost_frame_is_first_in_the_paths_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", __file__.removesuffix("/tests/shared/test_error_report.py"))

    def outer() -> None:
        inner()

    def inner() -> None:
        raise KeyError("ada@example.com")

    with pytest.raises(KeyError) as caught:
        outer()
    stack = report(caught.value)["stack"]

    assert [frame.split()[1] for frame in stack[:2]] == ["inner", "outer"]
    assert stack[0].startswith("tests/shared/test_error_report.py:")


def test_outside_of_lambda_the_paths_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAMBDA_TASK_ROOT", raising=False)

    assert report(raised(KeyError()))["stack"][0].startswith(f"{__file__}:")


def test_the_message_is_logged_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    error = raised(ValueError("ada@example.com"), cause=KeyError("bob@example.com"))

    assert "example.com" not in json.dumps(report(error))
    assert report(error)["causes"] == ["KeyError"]

    monkeypatch.setenv("LOG_ERROR_MESSAGES", "1")
    assert report(error)["error_message"] == "ada@example.com"


def test_a_missing_permission_is_named_even_below_another_error() -> None:
    table = "arn:aws:dynamodb:eu-west-1:1:table/users"
    error = raised(TransactWriteError("Failed to write", denied("dynamodb:PutItem", table)))

    found = report(error)

    assert (found["error"], found["denied_action"], found["denied_resource"]) == (
        "TransactWriteError",
        "dynamodb:PutItem",
        table,
    )


def test_the_key_of_an_object_is_left_out_of_a_missing_permission() -> None:
    found = report(denied("s3:GetObject", '"arn:aws:s3:::files/uploads/ada@example.com.png"'))

    assert found["denied_resource"] == "arn:aws:s3:::files"


def test_an_error_without_a_missing_permission_names_none() -> None:
    assert "denied_action" not in report(raised(ValueError("is not authorized to perform: a:B on resource: x")))


def test_errors_that_cause_each_other_are_reported_once() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert report(first)["causes"] == ["KeyError"]
