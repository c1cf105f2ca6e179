"""The adapters of the relay, on an AWS in this process."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from functions.shared.aws.clients import client
from functions.shared.correlation import current
from functions.shared.messaging.event_bus import EventBridgeBus, ParkingQueue, relay_handler
from functions.shared.messaging.relay import BusAway, Entry
from tests.lambda_client import LambdaContext
from tests.shared.messaging.records import record


@pytest.fixture
def queue_url(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    client.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="parked")["QueueUrl"]
    boto3.client("events").create_event_bus(Name="platform-test")
    monkeypatch.setenv("BUS_NAME", "platform-test")
    monkeypatch.setenv("PARKED_QUEUE_URL", url)
    monkeypatch.setenv("PUBLISHES", "users/UserCreated.v1,users/UserUpdated.v1")
    yield url
    client.cache_clear()


def parked(queue_url: str) -> list[dict[str, object]]:
    messages = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def test_the_handler_publishes_a_batch_and_parks_what_is_no_event(queue_url: str) -> None:
    answer = relay_handler()({"Records": [record(1), record(2, envelope="no json")]}, LambdaContext())

    assert answer == {"batchItemFailures": []}
    [message] = parked(queue_url)
    assert message["record"] == record(2, envelope="no json")
    assert "no envelope" in str(message["reason"])


def test_a_batch_that_could_not_be_finished_is_reported_from_where_it_is_open(
    queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUS_NAME", "another")

    answer = relay_handler()({"Records": [record(1), record(2)]}, LambdaContext())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_each_entry_that_the_bus_did_not_take_is_named_by_its_code() -> None:
    entry = Entry(source="s", detail_type="t", detail="{}", sequence_number="1", record={}, correlation=current())
    events = boto3.client("events")
    sent = {"EventBusName": "bus", "Source": "s", "DetailType": "t", "Detail": "{}"}
    results = [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]

    with Stubber(events) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": results}, {"Entries": [sent, sent]})
        codes = EventBridgeBus("bus", events=events).put([entry, entry])

    assert codes == [None, "ThrottlingException"]


def test_a_bus_that_does_not_exist_is_away(queue_url: str) -> None:
    entry = Entry(source="s", detail_type="t", detail="{}", sequence_number="1", record={}, correlation=current())

    with pytest.raises(BusAway):
        EventBridgeBus("another", events=boto3.client("events")).put([entry])


def test_a_parking_queue_that_does_not_exist_is_away(queue_url: str) -> None:
    with pytest.raises(BusAway):
        ParkingQueue(f"{queue_url}-another", sqs=boto3.client("sqs")).park(record(1), reason="why")


def test_a_record_too_large_for_the_queue_is_parked_by_its_key(queue_url: str) -> None:
    ParkingQueue(queue_url, sqs=boto3.client("sqs")).park(record(1, size=300_000), reason="too large")

    assert parked(queue_url) == [{"reason": "too large", "keys": {"pk": {"S": "OUTBOX#1"}}}]


def test_a_rehearsal_publishes_and_parks_nothing_but_reports_what_it_would_park(queue_url: str) -> None:
    handler = relay_handler()

    assert handler({"Records": [], "rehearsal": {}}, LambdaContext()) == {"batchItemFailures": []}
    assert handler({"Records": [record(1)], "rehearsal": {}}, LambdaContext()) == {"batchItemFailures": []}
    for bad in ("no json", record(1)["dynamodb"]["NewImage"]["envelope"]["S"].replace("UserCreated", "Undeclared")):
        answer = handler({"Records": [record(2, envelope=bad)], "rehearsal": {}}, LambdaContext())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}

    assert parked(queue_url) == []
