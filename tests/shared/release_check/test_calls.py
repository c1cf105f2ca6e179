"""The release check stops bad versions, and names the call that showed it."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from cdk.settings.synthetic import read_synthetic, release_checks
from functions.shared.messaging.consumer import consumer_handler
from functions.shared.messaging.event_bus import relay_handler
from functions.shared.messaging.events import Event
from functions.shared.release_check.calls import CheckFailed, Outcome, check, openapi_of
from functions.users.lambdas.api import app
from functions.users.wiring import user_service
from tests.shared.release_check.versions import SERVICES, deployed, handler_of, invoke_with, stored

USERS = SERVICES["users"]
CHECKS = release_checks(USERS, read_synthetic(USERS))

type Invoke = Callable[[Mapping[str, Any]], Outcome]


@pytest.fixture
def good(aws: None) -> Iterator[Invoke]:
    """A good version of the API of users."""
    with deployed(USERS):
        yield invoke_with(handler_of(USERS, "api"))


def failure(invoke: Invoke, *, function: str = "api", serving: Mapping[str, Any] | None = None) -> CheckFailed:
    with pytest.raises(CheckFailed) as failed:
        check(CHECKS, function, invoke, serving=serving)
    return failed.value


def answering(good: Invoke, path: str, change: Callable[[Any], Any]) -> Invoke:
    """Return a version that gives other answers to a path."""

    def invoke(event: Mapping[str, Any]) -> Outcome:
        outcome = good(event)
        if event["path"] != path or "rehearsal" not in event:
            return outcome
        body = change(json.loads(outcome.value["body"]))
        return replace(outcome, value={**outcome.value, "body": json.dumps(body)})

    return invoke


def test_a_version_that_cannot_be_imported_fails_at_its_first_call() -> None:
    failed = failure(lambda _: Outcome(value=None, error="Runtime.ImportModuleError", duration_ms=1))

    assert (failed.call, failed.got) == ("GET /users/openapi.json", "Runtime.ImportModuleError")


def test_a_version_that_answers_500_is_stopped_with_the_route(good: Invoke) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with patch.dict(app.dependency_overrides, {user_service: broken}):
        failed = failure(good)

    assert failed.call == "GET /users?limit=1"
    assert failed.got == "status 500 (urn:problem-type:internal-error)"


def test_a_wrong_answer_with_status_201_is_stopped_without_a_word_of_the_answer(good: Invoke) -> None:
    def wrong(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "email": 7} if "email" in answer else answer

    failed = failure(answering(good, "/users", wrong))

    assert failed.call == "POST /users"
    assert failed.got == "a body that does not fit its schema at $.email (type)"


def test_an_answer_that_breaks_the_contract_of_the_serving_version_is_stopped(good: Invoke) -> None:
    serving = openapi_of(CHECKS, good)
    check(CHECKS, "api", good, serving=serving)

    def without_email(document: dict[str, Any]) -> dict[str, Any]:
        document = copy.deepcopy(document)
        document["components"]["schemas"]["UserAnswer"]["required"].remove("email")
        return document

    def dropped(answer: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in answer.items() if name != "email"}

    # The new version's own document is as wrong as its answers.
    bad = answering(answering(good, "/users/openapi.json", without_email), "/users", dropped)
    failed = failure(bad, serving=serving)

    assert failed.expected == "an answer as in the OpenAPI document of the version that serves"
    assert failed.got == "a body that does not fit its schema at $ (required)"
    # A release that breaks the contract on purpose says so.
    on_purpose = copy.deepcopy(CHECKS)
    for request in on_purpose["functions"]["api"]["requests"]:
        request["compatible"] = False
    check(on_purpose, "api", bad, serving=serving)


def test_a_slow_version_is_stopped_after_three_tries(good: Invoke) -> None:
    tries: list[str] = []

    def slow(event: Mapping[str, Any]) -> Outcome:
        if event["httpMethod"] == "POST":
            tries.append(event["path"])
            return replace(good(event), duration_ms=3_001)
        return good(event)

    failed = failure(slow)

    assert (failed.call, failed.got) == ("POST /users", "one after 3001 ms")
    assert len(tries) == 3


@pytest.mark.parametrize(("times", "passes"), [(2, True), (3, False)])
def test_an_answer_that_a_part_of_aws_is_away_is_tried_again(good: Invoke, *, times: int, passes: bool) -> None:
    away = iter([503] * times)

    def invoke(event: Mapping[str, Any]) -> Outcome:
        outcome = good(event)
        if event["httpMethod"] == "POST":
            outcome.value["statusCode"] = next(away, outcome.value["statusCode"])
        return outcome

    if passes:
        check(CHECKS, "api", invoke, serving=None)
    else:
        assert failure(invoke).got == "status 503"


def test_one_slow_answer_stops_no_version(good: Invoke) -> None:
    slow_once = iter([9_000.0])

    check(CHECKS, "api", lambda event: replace(good(event), duration_ms=next(slow_once, 1.0)), serving=None)


def test_a_version_that_admits_everybody_is_stopped(good: Invoke) -> None:
    failed = failure(lambda event: good({**event, "rehearsal": {"scopes": CHECKS["scopes"]}}))

    assert failed.call == "GET /users?limit=1 without a token"
    assert failed.got == "status 200"


def test_an_undocumented_status_is_stopped_even_if_it_is_expected(good: Invoke) -> None:
    checks = copy.deepcopy(CHECKS)
    del checks["functions"]["api"]["requests"][2:]
    checks["functions"]["api"]["requests"].append(
        {"method": "POST", "path": "/users/me", "status": 405, "body": None, "headers": {}, "within_ms": 3_000}
    )

    with pytest.raises(CheckFailed, match="an operation that the document does not have"):
        check(checks, "api", good, serving=None)


def test_a_consumer_that_fails_every_event_is_stopped(aws: None) -> None:
    def fail(event: Event) -> None:
        raise OSError(event.type)

    manifest = SERVICES["activity"]
    checks = release_checks(manifest, read_synthetic(manifest))
    with deployed(manifest), pytest.raises(CheckFailed) as failed:
        check(checks, "consumer", invoke_with(consumer_handler(fail)), serving=None)

    assert failed.value.call == "consumer with users/UserCreated.v1"
    assert failed.value.got == "1 in batchItemFailures"


def test_a_relay_that_parks_everything_is_stopped(aws: None) -> None:
    with deployed(USERS), patch.dict("os.environ", PUBLISHES="users/SomethingElse.v1"):
        failed = failure(invoke_with(relay_handler()), function="relay")

    assert failed.call == "relay with users/UserCreated.v1"


def test_a_function_that_dies_at_an_empty_batch_is_stopped() -> None:
    failed = failure(lambda _: Outcome(value=None, error="Runtime.ExitError", duration_ms=1), function="importer")

    assert (failed.call, failed.got) == ("importer with an empty batch", "Runtime.ExitError")


def test_an_effect_that_no_transaction_holds_back_is_stopped_before_it_leaves_a_trace(aws: None) -> None:
    manifest = SERVICES["activity"]
    checks = release_checks(manifest, read_synthetic(manifest))
    with deployed(manifest):
        from functions.activity.repository import LatestItem  # noqa: PLC0415 - after the table

        def save(event: Event) -> None:
            LatestItem(pk=event.subject, sequence=1, subject="s", type="t", event_id="e", time="t").save()

        before = stored(manifest)
        with pytest.raises(CheckFailed):
            check(checks, "consumer", invoke_with(consumer_handler(save)), serving=None)
        assert stored(manifest) == before


def test_an_answer_that_is_no_answer_is_stopped() -> None:
    failed = failure(lambda _: Outcome(value={"statusCode": 200}, error=None, duration_ms=1))

    assert failed.got == "KeyError"
