"""Parked events are sent to their relay again, on an AWS in this process."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.shared.identifiers import new_id
from functions.shared.interface.names import OUTBOX_PREFIX
from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem
from functions.users.domain import Details, create_user
from operate.deployed.parked import ParkedEvents
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target


class FakeRelay:
    """A relay behind Lambda with answers of a test; it records the items that it receives."""

    def __init__(self, *, answer: Any = None, parks: Callable[[], None] = lambda: None) -> None:
        self.received: list[dict[str, Any]] = []
        self.calls = 0
        self._answer = answer or {"batchItemFailures": []}
        self._parks = parks

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (FunctionName, Qualifier) == ("platform-dev-users-relay", "live")
        self.calls += 1
        self.received += [record["dynamodb"]["NewImage"] for record in json.loads(Payload)["Records"]]
        self._parks()
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode())}


@pytest.fixture
def queue_url(aws: None) -> str:
    boto3.client("dynamodb").create_table(
        TableName="platform-dev-users",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return str(boto3.client("sqs").create_queue(QueueName="platform-dev-users-relay-parked")["QueueUrl"])


def outbox_item(*, kept: bool = True) -> dict[str, Any]:
    event = Event(type="UserCreated.v1", source="users", subject="users/1", sequence=1, data={})
    item = {"pk": {"S": f"{OUTBOX_PREFIX}{event.event_id}"}, "envelope": {"S": event.to_json()}}
    if kept:
        boto3.client("dynamodb").put_item(TableName="platform-dev-users", Item=item)
    return item


def park(queue_url: str, body: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    boto3.client("sqs").send_message(QueueUrl=queue_url, MessageBody=text)


def record(item: dict[str, Any]) -> dict[str, Any]:
    return {"dynamodb": {"Keys": {"pk": item["pk"]}, "NewImage": item, "SequenceNumber": "1"}}


def publish(relay: FakeRelay) -> tuple[bool, str]:
    stream = io.StringIO()
    parked = ParkedEvents(Target("dev", {}, clients={"lambda": relay}), "users", "relay", wait_s=0)
    all_published = parked.publish(per_second=500, progress=Progress(stream), before_ms=soon_ms(), sleep=lambda _: None)
    return all_published, stream.getvalue()


def soon_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000) + 1


def left(queue_url: str) -> int:
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    visible, held = attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]
    return int(visible) + int(held)


def test_the_prefix_of_outbox_items_is_that_of_the_services() -> None:
    _, event = create_user(Details(email="ada@example.com", name=None))

    assert OutboxItem.of(event).pk == f"{OUTBOX_PREFIX}{event.event_id}"


def test_messages_with_a_record_a_key_or_a_batch_are_sent_to_the_relay(queue_url: str) -> None:
    with_record, with_key, gone = outbox_item(), outbox_item(), outbox_item(kept=False)
    now = datetime.now(UTC)
    old = {"pk": {"S": f"{OUTBOX_PREFIX}{new_id()}"}, "envelope": {"S": "in the batch"}}
    boto3.client("dynamodb").put_item(TableName="platform-dev-users", Item=old)
    boto3.client("dynamodb").put_item(TableName="platform-dev-users", Item={"pk": {"S": "USER#1"}})
    park(queue_url, {"reason": "r", "record": record(with_record)})
    park(queue_url, {"reason": "r", "keys": {"pk": with_key["pk"]}})
    park(queue_url, {"reason": "r", "record": record(gone)})
    relay = FakeRelay()

    all_published, _ = publish(relay)

    assert all_published
    assert sorted(item["pk"]["S"] for item in relay.received) == sorted(
        item["pk"]["S"] for item in (with_record, with_key, gone)
    )
    assert left(queue_url) == 0

    batch = {
        "approximateArrivalOfFirstRecord": (now - timedelta(seconds=1)).isoformat(),
        "approximateArrivalOfLastRecord": now.isoformat(),
        "batchSize": 1,
    }
    park(queue_url, {"requestContext": {"condition": "RetryAttemptsExhausted"}, "DDBStreamBatchInfo": batch})
    relay = FakeRelay()
    publish(relay)

    assert {item["pk"]["S"] for item in relay.received} == {item["pk"]["S"] for item in (with_record, with_key, old)}


def test_a_batch_of_another_time_is_not_published_again(queue_url: str) -> None:
    outbox_item()
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    batch = {"approximateArrivalOfFirstRecord": yesterday, "approximateArrivalOfLastRecord": yesterday}
    park(queue_url, {"DDBStreamBatchInfo": batch})
    relay = FakeRelay()

    all_published, printed = publish(relay)

    assert relay.received == []
    assert not all_published
    assert "1 stay parked" in printed


@pytest.mark.parametrize("body", ["no json", "7", {}, {"record": {}}, {"keys": {"pk": {"S": "OUTBOX#gone"}}}])
def test_a_message_without_an_outbox_item_stays_parked_and_does_not_block_the_others(queue_url: str, body: Any) -> None:
    park(queue_url, body)
    park(queue_url, {"reason": "r", "record": record(outbox_item())})
    relay = FakeRelay()

    all_published, _ = publish(relay)

    assert not all_published
    assert len(relay.received) == 1
    assert left(queue_url) == 1


@pytest.mark.parametrize(
    "answer", [{"batchItemFailures": [{"itemIdentifier": "1"}]}, {"errorMessage": "away", "batchItemFailures": [{}]}]
)
def test_events_stay_parked_if_the_relay_fails(queue_url: str, answer: Any) -> None:
    park(queue_url, {"reason": "r", "record": record(outbox_item())})

    with pytest.raises(OperateError, match="stay parked"):
        publish(FakeRelay(answer=answer))

    assert len(boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]) == 1


def test_an_event_that_is_parked_again_is_reported_and_not_sent_again(queue_url: str) -> None:
    item = outbox_item()
    park(queue_url, {"reason": "r", "record": record(item)})
    relay = FakeRelay(parks=lambda: park(queue_url, {"reason": "Still refused.", "record": record(item)}))

    all_published, printed = publish(relay)

    assert relay.calls == 1
    assert not all_published
    assert "Still refused." in printed
    assert left(queue_url) == 1


def test_an_interruption_keeps_the_remaining_messages(queue_url: str) -> None:
    for _ in range(3):
        park(queue_url, {"reason": "r", "record": record(outbox_item())})
    parked = ParkedEvents(Target("dev", {}, clients={"lambda": FakeRelay()}), "users", "relay", wait_s=0)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parked.publish(per_second=1, progress=Progress(io.StringIO()), before_ms=soon_ms(), sleep=interrupt)

    assert left(queue_url) == 2


def test_an_event_that_is_parked_after_the_start_waits_for_the_next_command(queue_url: str) -> None:
    park(queue_url, {"reason": "r", "record": record(outbox_item())})
    relay = FakeRelay()
    parked = ParkedEvents(Target("dev", {}, clients={"lambda": relay}), "users", "relay", wait_s=0)

    all_published = parked.publish(per_second=500, progress=Progress(io.StringIO()), before_ms=soon_ms() - 60_000)

    assert not all_published
    assert relay.received == []
    assert left(queue_url) == 1


def test_a_service_without_a_table_has_no_outbox() -> None:
    target = Target("dev", {})
    target.manifests = {"users": target.manifests["users"].model_copy(update={"table": None})}

    with pytest.raises(OperateError, match="no outbox"):
        ParkedEvents(target, "users", "relay", wait_s=0)
