"""The calls of the release check to AWS, in the shapes of botocore's service models."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.stub import Stubber

from functions.shared.release_check.aws import (
    REPORT_S,
    THROTTLED,
    THROTTLED_PAUSE_S,
    THROTTLED_TRIES,
    AwsPlatform,
    aws_platform,
)
from functions.shared.release_check.release import MARGIN_S, Live


@pytest.fixture
def clients() -> dict[str, Any]:
    return {name: get_session().create_client(name) for name in ("codedeploy", "lambda")}


@pytest.fixture
def aws(clients: dict[str, Any]) -> AwsPlatform:
    return AwsPlatform(codedeploy=clients["codedeploy"], lambda_=clients["lambda"])


def test_the_deployment_group_names_the_function(aws: AwsPlatform, clients: dict[str, Any]) -> None:
    with Stubber(clients["codedeploy"]) as stub:
        stub.add_response(
            "get_deployment",
            {"deploymentInfo": {"deploymentGroupName": "platform-dev-users-api"}},
            {"deploymentId": "d"},
        )
        assert aws.function_of("d") == "platform-dev-users-api"


@pytest.mark.parametrize(("status", "running"), [("InProgress", True), ("Stopped", False), ("Failed", False)])
def test_a_deployment_runs_until_it_has_ended(
    aws: AwsPlatform, clients: dict[str, Any], status: str, *, running: bool
) -> None:
    with Stubber(clients["codedeploy"]) as stub:
        stub.add_response("get_deployment", {"deploymentInfo": {"status": status}}, {"deploymentId": "d"})
        assert aws.is_running("d") is running


def test_the_alias_shows_the_versions_that_get_traffic(aws: AwsPlatform, clients: dict[str, Any]) -> None:
    weighted = {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "3": 0.0}}}
    with Stubber(clients["lambda"]) as stub:
        stub.add_response("get_alias", weighted, {"FunctionName": "f", "Name": "live"})
        stub.add_response("get_alias", {"FunctionVersion": "2"}, {"FunctionName": "f", "Name": "live"})
        assert aws.live("f") == Live(version="1", others=frozenset({"2"}))
        assert aws.live("f") == Live(version="2", others=frozenset())


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b'{"errorType": "ValueError", "errorMessage": "ada@example.com"}', "ValueError"),
        (
            b'{"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named x"}',
            "Runtime.ImportModuleError: No module named x",
        ),
        (b'{"errorMessage": "Task timed out after 20.00 seconds"}', "Timeout"),
    ],
)
def test_an_error_of_a_function_is_told_without_its_words_unless_they_are_lambda_s(
    aws: AwsPlatform, clients: dict[str, Any], payload: bytes, error: str
) -> None:
    with Stubber(clients["lambda"]) as stub:
        stub.add_response(
            "invoke",
            {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(payload)},
            {"FunctionName": "f", "Qualifier": "2", "Payload": b'{"Records": []}'},
        )
        assert aws.invoke("f", "2", {"Records": []}).error == error


def test_an_answer_is_the_value_of_the_function(aws: AwsPlatform, clients: dict[str, Any]) -> None:
    with Stubber(clients["lambda"]) as stub:
        stub.add_response("invoke", {"StatusCode": 200, "Payload": io.BytesIO(b'{"a": 1}')})
        outcome = aws.invoke("f", "2", {})

    assert (outcome.value, outcome.error) == ({"a": 1}, None)
    assert outcome.duration_ms > 0


def test_a_call_waits_while_other_traffic_uses_all_concurrency(clients: dict[str, Any]) -> None:
    waited: list[float] = []
    aws = AwsPlatform(codedeploy=clients["codedeploy"], lambda_=clients["lambda"], sleep=waited.append)
    with Stubber(clients["lambda"]) as stub:
        for _ in range(3):
            stub.add_client_error("invoke", THROTTLED)
        stub.add_response("invoke", {"StatusCode": 200, "Payload": io.BytesIO(b"1")})
        assert aws.invoke("f", "2", {}).value == 1
    assert waited == [THROTTLED_PAUSE_S] * 3


def test_a_call_that_is_throttled_for_ever_and_any_other_refusal_end_the_check(clients: dict[str, Any]) -> None:
    waited: list[float] = []
    aws = AwsPlatform(codedeploy=clients["codedeploy"], lambda_=clients["lambda"], sleep=waited.append)
    for code, tries in ((THROTTLED, THROTTLED_TRIES), ("AccessDeniedException", 1)):
        waited.clear()
        with Stubber(clients["lambda"]) as stub:
            for _ in range(tries):
                stub.add_client_error("invoke", code)
            with pytest.raises(ClientError, match=code):
                aws.invoke("f", "2", {})
            stub.assert_no_pending_responses()
        assert len(waited) == tries - 1
    assert THROTTLED_TRIES * THROTTLED_PAUSE_S < MARGIN_S


def test_a_throttled_call_gives_up_while_there_is_time_to_report(clients: dict[str, Any]) -> None:
    left_s = [REPORT_S + 2 * THROTTLED_PAUSE_S]

    def sleep(seconds: float) -> None:
        left_s[0] -= seconds

    aws = AwsPlatform(
        codedeploy=clients["codedeploy"], lambda_=clients["lambda"], left_s=lambda: left_s[0], sleep=sleep
    )
    with Stubber(clients["lambda"]) as stub:
        for _ in range(THROTTLED_TRIES):
            stub.add_client_error("invoke", THROTTLED)
        with pytest.raises(ClientError, match=THROTTLED):
            aws.invoke("f", "2", {})
    assert REPORT_S - THROTTLED_PAUSE_S <= left_s[0] <= REPORT_S


def test_the_verdict_is_reported_and_a_deployment_that_has_ended_needs_none(
    aws: AwsPlatform, clients: dict[str, Any]
) -> None:
    wanted = {"deploymentId": "d", "lifecycleEventHookExecutionId": "e", "status": "Succeeded"}
    operation = "put_lifecycle_event_hook_execution_status"
    with Stubber(clients["codedeploy"]) as stub:
        stub.add_response(operation, {}, wanted)
        stub.add_response(operation, {}, {**wanted, "status": "Failed"})
        stub.add_client_error(operation, "LifecycleEventAlreadyCompletedException")
        aws.report("d", "e", succeeded=True)
        aws.report("d", "e", succeeded=False)
        aws.report("d", "e", succeeded=True)
        stub.assert_no_pending_responses()


def test_each_try_of_a_call_ends_before_the_hook_must_report_and_codedeploy_is_asked_often() -> None:
    aws = aws_platform()
    of_lambda, of_codedeploy = (client.meta.config for client in (aws._lambda, aws._codedeploy))  # noqa: SLF001 - botocore's own configuration

    assert (of_lambda.read_timeout, of_lambda.retries) == (25.0, {"mode": "standard", "total_max_attempts": 2})
    assert (of_codedeploy.read_timeout, of_codedeploy.retries["total_max_attempts"]) == (5.0, 6)
    assert 6 * (5.0 + of_codedeploy.connect_timeout) < MARGIN_S
