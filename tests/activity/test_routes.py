from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from functions.activity import wiring
from functions.activity.lambdas.api import app, handler
from functions.activity.service import ActivityService
from functions.shared.http.cursors import Cursors
from functions.shared.messaging.events import Event
from tests.activity.fakes import FakeActivityStore
from tests.lambda_client import LambdaClient


@pytest.fixture
def service() -> ActivityService:
    return ActivityService(FakeActivityStore())


@pytest.fixture
def activity(service: ActivityService) -> Iterator[LambdaClient]:
    app.dependency_overrides[wiring.activity_service] = lambda: service
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("activity", key=lambda: "k" * 64)
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


def event(sequence: int = 1) -> Event:
    return Event(
        type="UserUpdated.v1", source="users", subject="users/1", sequence=sequence, data={"changed": ["name"]}
    )


def test_what_happened_is_listed_with_the_request_that_led_to_it(
    activity: LambdaClient, service: ActivityService
) -> None:
    happened = event()
    service.record(happened)

    [item] = activity.get("/activity", query={"subject": "users/1"}).json["items"]

    assert item["event_id"] == happened.event_id
    assert item["type"] == "UserUpdated.v1"
    assert item["request_id"] == happened.correlation.request_id
    assert item["data"] == {"changed": ["name"]}


def test_a_subject_of_which_nothing_is_known_has_an_empty_page(activity: LambdaClient) -> None:
    answer = activity.get("/activity", query={"subject": "users/none"})

    assert (answer.status, answer.json) == (200, {"items": [], "next_cursor": None})


def test_the_latest_is_the_newest_whatever_came_last(activity: LambdaClient, service: ActivityService) -> None:
    newer, older = event(2), event(1)
    for one in (newer, older):
        service.record(one)

    answer = activity.get("/activity/latest", query={"subject": "users/1"})

    assert answer.status == 200
    assert answer.json["sequence"] == 2
    assert answer.json["event_id"] == newer.event_id
    assert answer.json["subject"] == "users/1"


def test_a_subject_of_which_nothing_is_known_has_no_latest(activity: LambdaClient) -> None:
    answer = activity.get("/activity/latest", query={"subject": "users/none"})

    assert (answer.status, answer.problem) == (404, "nothing-happened")


def test_a_subject_is_required(activity: LambdaClient) -> None:
    answer = activity.get("/activity")

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "query.subject")


@pytest.mark.parametrize("subject", ["", "x" * 513, "\N{GRINNING FACE}", "users/1 ", "users/1\n"])
def test_a_subject_that_no_event_can_have_is_refused(activity: LambdaClient, subject: str) -> None:
    answer = activity.get("/activity", query={"subject": subject})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "query.subject")


def test_the_longest_subject_can_be_paged(activity: LambdaClient, service: ActivityService) -> None:
    subject = "users/" + "".join(chr(ord("!") + number * 7 % 94) for number in range(506))
    query = {"subject": quote(subject), "limit": "1"}
    for number in range(2):
        service.record(replace(event(number), subject=subject))

    first = activity.get("/activity", query=query).json
    second = activity.get("/activity", query=query | {"cursor": first["next_cursor"]})

    assert (second.status, len(second.json["items"])) == (200, 1)


def test_a_cursor_of_another_subject_is_refused(activity: LambdaClient, service: ActivityService) -> None:
    service.record(event(1))
    service.record(event(2))
    cursor = activity.get("/activity", query={"subject": "users/1", "limit": "1"}).json["next_cursor"]

    answer = activity.get("/activity", query={"subject": "users/2", "cursor": cursor})

    assert (answer.status, answer.problem) == (400, "invalid-cursor")
    followed = activity.get("/activity", query={"subject": "users/1", "limit": "1", "cursor": cursor})
    assert (len(followed.json["items"]), followed.json["next_cursor"]) == (1, None)
