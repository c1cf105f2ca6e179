"""Webhooks through the gateway, to a real receiver on this machine."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import WebhookVerificationError

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.subscribing import delivery_of, subscribe
from tests.waiting import eventually
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def create_user(platform: PlatformUnderTest) -> str:
    answer = platform.gateway.post("/users", json={"email": f"{uuid4().hex}@example.com"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def listed(client: httpx.Client) -> set[str]:
    """Return the paths of all webhooks that a caller may see, page by page."""
    paths: set[str] = set()
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = client.get("/webhooks", params=query).json()
        paths |= {f"/webhooks/{item['id']}" for item in page["items"]}
        if page["next_cursor"] is None:
            return paths
        query["cursor"] = page["next_cursor"]


def test_an_event_reaches_the_receiver_signed_and_whole(platform: PlatformUnderTest, receiver: Receiver) -> None:
    webhook, secret = subscribe(platform.gateway, receiver)

    user = create_user(platform)
    delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "delivered")

    [received] = [each for each in receiver.received if each.headers["webhook-id"] == delivery["id"]]
    envelope = received.verified(secret)
    assert (envelope["type"], envelope["subject"], envelope["id"]) == (
        "UserCreated.v1",
        f"users/{user}",
        delivery["id"],
    )
    assert envelope == delivery["body"]
    assert received.path == receiver.path
    assert received.headers["Content-Type"] == "application/cloudevents+json"
    with pytest.raises(WebhookVerificationError):
        received.verified("whsec_" + "A" * 43 + "=")
    assert [(each["status"], each["failure"]) for each in delivery["attempts"]] == [(204, None)]


def test_a_failed_delivery_is_retried_and_its_log_has_each_attempt(
    platform: PlatformUnderTest, receiver: Receiver
) -> None:
    webhook, secret = subscribe(platform.gateway, receiver)
    receiver.answer = lambda number: (
        (503, {"Retry-After": "2"}) if number == 1 else (500, {}) if number == 2 else (200, {})
    )

    user = create_user(platform)
    delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "delivered")

    assert [each["status"] for each in delivery["attempts"]] == [503, 500, 200]
    assert [each["number"] for each in delivery["attempts"]] == [1, 2, 3]
    assert {each.headers["webhook-id"] for each in receiver.received} == {delivery["id"]}
    assert all(each.verified(secret) for each in receiver.received)
    assert platform.gateway.get(webhook).json()["failing_since"] is None


def test_a_delivery_to_a_receiver_that_hangs_times_out_and_a_redelivery_succeeds_later(
    platform: PlatformUnderTest, receiver: Receiver
) -> None:
    webhook, _ = subscribe(platform.gateway, receiver)
    receiver.hang_s = 30

    user = create_user(platform)
    delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "exhausted")
    assert {each["failure"] for each in delivery["attempts"]} == {"timeout"}
    assert all(each["duration_ms"] < receiver.hang_s * 1000 for each in delivery["attempts"])
    receiver.hang_s = 0
    again = platform.gateway.post(f"{webhook}/deliveries/{delivery['id']}/redeliver")

    assert again.status_code == 202
    log = delivery_of(platform.gateway, webhook, f"users/{user}", "delivered")["attempts"]
    assert [each["failure"] for each in log] == ["timeout"] * len(delivery["attempts"]) + [None]


def test_a_redirect_is_a_failure_and_leads_nowhere(platform: PlatformUnderTest, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        webhook, _ = subscribe(platform.gateway, receiver)
        receiver.answer = lambda _: (307, {"Location": elsewhere.url})

        user = create_user(platform)
        delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "exhausted")

        assert {(each["status"], each["failure"]) for each in delivery["attempts"]} == {(307, "redirect")}
        assert elsewhere.received == []


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[::ffff:169.254.169.254]/",
        "https://2130706433/",
        "https://user@example.com/",
        "http://example.com/",
        "https://example.com:22/",
    ],
)
def test_a_private_target_is_refused(platform: PlatformUnderTest, url: str) -> None:
    answer = platform.gateway.post("/webhooks", json={"url": url, "event_types": ["*"]})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:refused-target")
    assert answer.json()["errors"][0]["field"] == "body.url"


def test_a_webhook_is_disabled_with_an_event_after_its_receiver_failed_for_long(
    platform: PlatformUnderTest, receiver: Receiver
) -> None:
    webhook, _ = subscribe(platform.gateway, receiver)
    receiver.answer = lambda _: (500, {})
    user = create_user(platform)
    delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "exhausted")

    def is_disabled() -> bool:
        platform.gateway.post(f"{webhook}/deliveries/{delivery['id']}/redeliver")
        return platform.gateway.get(webhook).json()["enabled"] is False

    eventually(is_disabled)

    assert platform.gateway.get(webhook).json()["disabled_because"] == "failing"
    eventually(lambda: [entry["type"] for entry in platform.activity(webhook[1:])] == ["WebhookDisabled.v1"])
    refused = platform.gateway.post(f"{webhook}/deliveries/{delivery['id']}/redeliver")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:problem-type:webhook-disabled")


def test_a_webhook_is_disabled_at_once_when_its_receiver_is_gone(
    platform: PlatformUnderTest, receiver: Receiver
) -> None:
    webhook, _ = subscribe(platform.gateway, receiver)
    receiver.answer = lambda _: (410, {})

    user = create_user(platform)
    delivery = delivery_of(platform.gateway, webhook, f"users/{user}", "exhausted")

    assert len(delivery["attempts"]) == 1
    eventually(lambda: platform.gateway.get(webhook).json()["disabled_because"] == "gone")


def test_a_test_is_delivered_and_both_secrets_sign_after_a_rotation(
    platform: PlatformUnderTest, receiver: Receiver
) -> None:
    webhook, first = subscribe(platform.gateway, receiver)
    second = platform.gateway.post(f"{webhook}/secret").json()["secret"]

    tested = platform.gateway.post(f"{webhook}/test")

    assert tested.status_code == 202
    eventually(lambda: platform.gateway.get(tested.headers["Location"]).json()["state"] == "delivered")
    [received] = [each for each in receiver.received if each.headers["webhook-id"] == tested.json()["id"]]
    assert received.verified(first) == received.verified(second)


def test_only_its_owner_reaches_a_webhook(platform: PlatformUnderTest, receiver: Receiver) -> None:
    owner, other = platform.client("member"), platform.client("member2")
    webhook, _ = subscribe(owner, receiver, "*")
    tested = owner.post(f"{webhook}/test").json()["id"]

    calls = [
        ("GET", webhook, None),
        ("PATCH", webhook, {"enabled": False}),
        ("DELETE", webhook, None),
        ("POST", f"{webhook}/test", None),
        ("POST", f"{webhook}/secret", None),
        ("GET", f"{webhook}/deliveries", None),
        ("GET", f"{webhook}/deliveries/{tested}", None),
        ("POST", f"{webhook}/deliveries/{tested}/redeliver", None),
    ]
    for method, path, body in calls:
        answer = other.request(method, path, json=body, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem-type:webhook-not-found"), (
            method,
            path,
        )

    assert webhook in listed(owner)
    assert webhook not in listed(other)


def test_an_event_reaches_more_webhooks_than_fit_into_one_step(platform: PlatformUnderTest, receiver: Receiver) -> None:
    event_type = "users/UserDeactivated.v1"
    webhooks = {subscribe(platform.gateway, receiver, event_type)[0] for _ in range(25)}

    platform.gateway.delete(f"/users/{create_user(platform)}").raise_for_status()

    def reached() -> bool:
        return len([each for each in receiver.received if event_type.encode()[6:] in each.body]) >= len(webhooks)

    eventually(reached)
    for webhook in webhooks:
        platform.gateway.delete(webhook)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1


def test_a_member_receives_the_events_of_their_own_files(platform: PlatformUnderTest, receiver: Receiver) -> None:
    member, other = platform.client("member"), platform.client("member2")
    with receiving() as theirs:
        webhook, secret = subscribe(member, receiver, "files/FileUploaded.v1")
        foreign, _ = subscribe(other, theirs, "files/FileUploaded.v1")
        file_id = upload(member)
        delivery = delivery_of(member, webhook, f"files/{file_id}", "delivered")

        [received] = [each for each in receiver.received if each.headers["webhook-id"] == delivery["id"]]
        envelope = received.verified(secret)
        assert (envelope["type"], envelope["subject"]) == ("FileUploaded.v1", f"files/{file_id}")
        assert envelope["data"]["owner"] == member.get(webhook).json()["owner"]
        assert other.get(f"{foreign}/deliveries").json()["items"] == []
        assert theirs.received == []


def upload(client: httpx.Client) -> str:
    content = b"name\nAda\n"
    declared = {"name": "people.csv", "content_type": "text/csv", "size_bytes": len(content)}
    made = client.post("/files", json=declared).raise_for_status().json()
    form = made["upload"]
    request = client.build_request("POST", form["url"], data=form["fields"], files={"file": ("x", content)})
    # The form is signed. S3 would read a token as a second signature.
    del request.headers["Authorization"]
    client.send(request).raise_for_status()
    return str(made["id"])


def test_events_without_an_owner_are_not_for_members(platform: PlatformUnderTest, receiver: Receiver) -> None:
    body = {"url": receiver.url, "event_types": ["users/UsersImported.v1"]}

    answer = platform.client("member").post("/webhooks", json=body)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem-type:nobodys-events")
    assert "users/UsersImported.v1" in answer.json()["detail"]


def test_a_member_receives_no_events_of_other_owners(platform: PlatformUnderTest, receiver: Receiver) -> None:
    member, everything = platform.client("member"), platform.gateway
    with receiving() as theirs:
        mine, _ = subscribe(member, theirs, "*")
        all_of_it, _ = subscribe(everything, receiver, "*")
        user = create_user(platform)
        delivery_of(everything, all_of_it, f"users/{user}", "delivered")

        assert member.get(f"{mine}/deliveries").json()["items"] == []
        assert theirs.received == []
