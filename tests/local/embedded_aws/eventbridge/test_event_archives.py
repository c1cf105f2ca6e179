"""Archives and replays."""

import json
import time
from typing import Any

from ministack.services import eventbridge, sqs

from tests.local.embedded_aws.resources import HANDLERS, arn, call, create, wait_until

TYPE = "AWS::Events::Archive"
BUS = arn("events", "event-bus/bus")
PATTERN = {"detail": {"specversion": ["1.0"]}}
ARCHIVED = {"ArchiveName": "kept", "SourceArn": BUS, "RetentionDays": 7, "EventPattern": PATTERN}
ARCHIVE = arn("events", "archive/kept")


def set_up() -> None:
    """Create a bus with an archive, and two rules with a queue each."""
    create("AWS::Events::EventBus", {"Name": "bus"})
    for name in ("wanted", "other"):
        create("AWS::SQS::Queue", {"QueueName": name})
        rule = {
            "Name": name,
            "EventBusName": "bus",
            "EventPattern": PATTERN,
            "State": "ENABLED",
            "Targets": [{"Id": "q", "Arn": arn("sqs", name)}],
        }
        assert create("AWS::Events::Rule", rule)[1]["Arn"] == rule_arn(name)
    assert create(TYPE, ARCHIVED)[1]["Arn"] == ARCHIVE


def rule_arn(name: str) -> str:
    return arn("events", f"rule/bus/{name}")


def put(number: int, **detail: Any) -> None:
    entry = {
        "EventBusName": "bus",
        "Source": "users",
        "DetailType": "UserCreated.v1",
        "Detail": json.dumps({"specversion": "1.0", "number": number} | detail),
    }
    eventbridge._put_events({"Entries": [entry]})


def messages(queue: str) -> list[dict[str, Any]]:
    return [json.loads(each["body"]) for each in sqs._queue_by_arn(arn("sqs", queue))["messages"]]


def numbers(queue: str) -> list[int]:
    return [each["detail"]["number"] for each in messages(queue)]


def replay(name: str, rule: str, *, start: float = 0, end: float | None = None) -> Any:
    return call(
        eventbridge._start_replay,
        ReplayName=name,
        EventSourceArn=ARCHIVE,
        EventStartTime=start,
        EventEndTime=time.time() + 1 if end is None else end,
        Destination={"Arn": BUS, "FilterArns": [rule_arn(rule)]},
    )


def ended(name: str) -> dict[str, Any]:
    def describe() -> dict[str, Any]:
        described: dict[str, Any] = call(eventbridge._describe_replay, ReplayName=name)
        return described

    wait_until(lambda: describe()["State"] in {"COMPLETED", "CANCELLED", "FAILED"})
    return describe()


def test_a_replay_delivers_archived_events_only_to_the_rules_that_it_names() -> None:
    set_up()
    for number in range(3):
        put(number)
    put(9, specversion="another")

    assert replay("r1", "wanted")["State"] == "STARTING"

    described = ended("r1")
    assert [each.get("replay-name") for each in messages("wanted")] == [None, None, None, "r1", "r1", "r1"]
    assert numbers("wanted") == [0, 1, 2, 0, 1, 2]
    assert numbers("other") == [0, 1, 2]
    assert described["State"] == "COMPLETED"
    assert described["EventLastReplayedTime"] <= described["ReplayEndTime"]


def test_a_replay_delivers_only_the_events_of_its_time() -> None:
    set_up()
    for number in range(4):
        put(number)
    begin = int(time.time()) - 100
    for number, event in enumerate(eventbridge._archives["kept"]["Events"]):
        event["Time"] = begin + number

    replay("r1", "wanted", start=begin + 1, end=begin + 3)

    ended("r1")
    assert [each["detail"]["number"] for each in messages("wanted") if "replay-name" in each] == [1, 2]


def test_a_cancelled_replay_stops_where_it_is() -> None:
    set_up()
    for number in range(50):
        put(number)
    deliver = eventbridge._invoke_target
    cancelling: list[str] = []

    def cancel_then_deliver(*arguments: Any) -> None:
        if len(messages("wanted")) == 60:
            cancelling.append(call(eventbridge._cancel_replay, ReplayName="r1")["State"])
        deliver(*arguments)

    eventbridge._invoke_target = cancel_then_deliver
    replay("r1", "wanted")

    assert ended("r1")["State"] == "CANCELLED"
    assert cancelling == ["CANCELLING"]
    assert len(messages("wanted")) == 61
    assert call(eventbridge._cancel_replay, ReplayName="r1")["__type"] == "IllegalStatusException"


def test_an_invalid_replay_is_refused_as_on_aws() -> None:
    set_up()
    replay("r1", "wanted")

    assert replay("r1", "wanted")["__type"] == "ResourceAlreadyExistsException"
    assert replay("r2", "none")["__type"] == "ValidationException"
    assert replay("r3", "wanted", start=10, end=10)["__type"] == "ValidationException"
    unknown = call(eventbridge._start_replay, ReplayName="r4", EventSourceArn=f"{ARCHIVE}x")
    assert unknown["__type"] == "ResourceNotFoundException"
    assert call(eventbridge._cancel_replay, ReplayName="r5")["__type"] == "ResourceNotFoundException"
    assert sorted(eventbridge._replays.keys()) == ["r1"]


def test_an_archive_drops_events_after_its_retention_and_reports_its_size() -> None:
    set_up()
    put(1)
    eventbridge._archives["kept"]["Events"][0]["Time"] -= 8 * 24 * 3600
    put(2)

    described = call(eventbridge._describe_archive, ArchiveName="kept")

    assert described["EventCount"] == 1
    assert described["SizeBytes"] > 20
    assert "Events" not in described


def test_an_archive_follows_its_template() -> None:
    set_up()
    put(1)
    longer = {**ARCHIVED, "RetentionDays": 30, "Description": "longer"}

    HANDLERS[TYPE]["update"]("kept", ARCHIVED, longer, "stack", "Logical")
    updated = call(eventbridge._describe_archive, ArchiveName="kept")
    assert (updated["RetentionDays"], updated["Description"], updated["EventCount"]) == (30, "longer", 1)

    another = {**longer, "ArchiveName": "another"}
    assert HANDLERS[TYPE]["update"]("kept", longer, another, "stack", "Logical")[0] == "another"
    assert [each["ArchiveName"] for each in call(eventbridge._list_archives)["Archives"]] == ["another"]

    HANDLERS[TYPE]["delete"]("another", longer)
    assert call(eventbridge._list_archives)["Archives"] == []
