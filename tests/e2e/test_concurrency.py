"""Concurrent requests, repeated events and killed processes."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.stored import is_empty, scan
from tests.e2e.workers import workers
from tests.waiting import HANG_S, eventually


def create_many(platform: PlatformUnderTest, count: int) -> list[str]:
    """Create users concurrently and return their ids."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(
            pool.map(
                lambda _: platform.gateway.post("/users", json={"email": f"{uuid4().hex}@example.com"}), range(count)
            )
        )
    assert {answer.status_code for answer in answers} == {201}, Counter(answer.status_code for answer in answers)
    return [answer.json()["id"] for answer in answers]


def test_two_hundred_creations_of_one_address_end_with_one_user(platform: PlatformUnderTest, email: str) -> None:
    start = threading.Barrier(50)

    def create(number: int) -> int:
        if number < start.parties:
            start.wait(timeout=HANG_S)
        written = email.upper() if number % 2 else email
        return platform.gateway.post("/users", json={"email": written}).status_code

    with ThreadPoolExecutor(max_workers=50) as pool:
        statuses = Counter(pool.map(create, range(200)))

    assert statuses[201] == 1, statuses
    # The other requests get that the address is taken, or that they should retry.
    assert set(statuses) <= {201, 409, 503}, statuses
    items = platform.aws("dynamodb").scan(TableName=platform.output("platform-local-users", "TableName"))["Items"]
    assert sum(item.get("email", {}).get("S", "").casefold() == email for item in items) == 1
    assert sum(item["pk"]["S"] == f"EMAIL#{email}" for item in items) == 1


def test_every_event_delivered_twice_leaves_each_effect_once(platform: PlatformUnderTest) -> None:
    users = create_many(platform, 30)
    for user in users:
        eventually(lambda user=user: platform.activity(f"users/{user}"))  # type: ignore[misc]
    envelopes = [
        json.loads(item["envelope"]["S"])
        for item in scan(platform, "platform-local-users")
        if item["pk"]["S"].startswith("OUTBOX#")
    ]
    again = [envelope for envelope in envelopes if envelope["data"].get("user_id") in users]
    assert len(again) == len(users)

    bus = platform.output("platform-local-events", "BusName")
    for start in range(0, len(again), 10):
        answer = platform.aws("events").put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": envelope["source"],
                    "DetailType": envelope["type"],
                    "Detail": json.dumps(envelope),
                }
                for envelope in again[start : start + 10]
            ]
        )
        assert answer["FailedEntryCount"] == 0

    # When this last event shows and the queue is empty, the consumer has received every event before it.
    [last] = create_many(platform, 1)
    eventually(lambda: platform.activity(f"users/{last}"))
    eventually(lambda: is_empty(platform, "platform-local-activity", "ConsumerEventsQueueUrl"))
    assert {user: len(platform.activity(f"users/{user}")) for user in users} == dict.fromkeys(users, 1)


def test_a_consumer_killed_in_mid_batch_loses_nothing(platform: PlatformUnderTest) -> None:
    killed = 0
    stop = threading.Event()

    def kill_consumers() -> None:
        nonlocal killed
        while not stop.wait(0.15):
            for process in workers(platform, "platform-local-activity-consumer"):
                process.kill()
                killed += 1

    killer = threading.Thread(target=kill_consumers)
    killer.start()
    try:
        users = create_many(platform, 60)
        eventually(lambda: killed >= 3)
    finally:
        stop.set()
        killer.join()

    # SQS delivers the messages of a killed consumer again after the visibility timeout, six times the function's.
    for user in users:
        entries = eventually(lambda user=user: platform.activity(f"users/{user}"), within_s=900)  # type: ignore[misc]
        assert [entry["type"] for entry in entries] == ["UserCreated.v1"]
    assert is_empty(platform, "platform-local-activity", "ConsumerEventsDeadLetterQueueUrl")
