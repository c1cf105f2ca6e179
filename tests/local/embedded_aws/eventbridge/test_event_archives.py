"""Archives and replays of the embedded AWS, tried in a process of its own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import CLOUDFORMATION, pytestmark, run

__all__ = ["pytestmark"]

BUS = (
    CLOUDFORMATION
    + """
import time
from ministack.services import eventbridge, sqs
_, bus = create("AWS::Events::EventBus", {"Name": "bus"})
arns, queues = {}, {}
for name in ("wanted", "other"):
    _, queue = create("AWS::SQS::Queue", {"QueueName": name})
    pattern = {"detail": {"specversion": ["1.0"]}}
    rule = {"Name": name, "EventBusName": "bus", "EventPattern": pattern, "State": "ENABLED",
            "Targets": [{"Id": "q", "Arn": queue["Arn"]}]}
    arns[name] = create("AWS::Events::Rule", rule)[1]["Arn"]
archived = {"ArchiveName": "kept", "SourceArn": bus["Arn"], "RetentionDays": 7, "EventPattern": pattern}
name, archive = create("AWS::Events::Archive", archived)

def put(number, **detail):
    eventbridge._put_events({"Entries": [{"EventBusName": "bus", "Source": "users", "DetailType": "UserCreated.v1",
                                          "Detail": json.dumps({"specversion": "1.0", "number": number} | detail)}]})

def messages(queue):
    return [json.loads(each["body"]) for each in sqs._queue_by_arn(
        "arn:aws:sqs:eu-west-1:000000000000:" + queue)["messages"]]

def call(operation, **request):
    status, _, body = operation(request)
    return json.loads(body)

def replay(replay_name, *rules, start=0, end=None):
    return call(eventbridge._start_replay, ReplayName=replay_name, EventSourceArn=archive["Arn"],
                EventStartTime=start, EventEndTime=time.time() + 1 if end is None else end,
                Destination={"Arn": bus["Arn"], "FilterArns": [arns.get(rule, rule) for rule in rules]})

def ended(replay_name):
    for _ in range(200):
        described = call(eventbridge._describe_replay, ReplayName=replay_name)
        if described["State"] in ("COMPLETED", "CANCELLED", "FAILED"):
            return described
        time.sleep(0.01)
"""
)


def test_a_replay_delivers_what_was_archived_to_the_rules_that_it_names_alone(tmp_path: Path) -> None:
    answer = run(
        BUS
        + """
for number in range(3):
    put(number)
put(9, specversion="another")
started = replay("r1", "wanted")
described = ended("r1")
print(json.dumps([[each.get("replay-name") for each in messages("wanted")], len(messages("other")),
                  [each["detail"]["number"] for each in messages("wanted")], started["State"], described]))
""",
        tmp_path,
    )

    names, others, numbers, state, described = answer
    assert names == [None, None, None, "r1", "r1", "r1"]
    assert others == 3
    assert numbers == [0, 1, 2, 0, 1, 2]
    assert state == "STARTING"
    assert described["State"] == "COMPLETED"
    assert described["EventLastReplayedTime"] <= described["ReplayEndTime"]


def test_a_replay_takes_only_the_events_of_its_time(tmp_path: Path) -> None:
    answer = run(
        BUS
        + """
for number in range(4):
    put(number)
for number, event in enumerate(eventbridge._archives["kept"]["Events"]):
    event["Time"] = int(time.time()) - 100 + number
begin = int(time.time()) - 100
replay("r1", "wanted", start=begin + 1, end=begin + 3)
ended("r1")
print(json.dumps([each["detail"]["number"] for each in messages("wanted") if "replay-name" in each]))
""",
        tmp_path,
    )

    assert answer == [1, 2]


def test_a_cancelled_replay_stops_where_it_is(tmp_path: Path) -> None:
    answer = run(
        BUS
        + """
for number in range(50):
    put(number)
deliver = eventbridge._invoke_target
def cancel_then_deliver(*arguments):
    if len(messages("wanted")) == 60:
        print(call(eventbridge._cancel_replay, ReplayName="r1")["State"])
    deliver(*arguments)
eventbridge._invoke_target = cancel_then_deliver
replay("r1", "wanted")
state = ended("r1")["State"]
again = call(eventbridge._cancel_replay, ReplayName="r1")["__type"]
print(json.dumps([state, len(messages("wanted")), again]))
""",
        tmp_path,
    )

    assert answer == ["CANCELLED", 61, "IllegalStatusException"]


def test_a_replay_that_cannot_be_is_refused_as_aws_does(tmp_path: Path) -> None:
    answer = run(
        BUS
        + """
replay("r1", "wanted")
refused = [replay("r1", "wanted"), replay("r2", "arn:aws:events:eu-west-1:000000000000:rule/bus/none"),
           replay("r3", "wanted", start=10, end=10),
           call(eventbridge._start_replay, ReplayName="r4", EventSourceArn=archive["Arn"] + "x"),
           call(eventbridge._cancel_replay, ReplayName="r5")]
print(json.dumps([[each["__type"] for each in refused], sorted(eventbridge._replays.keys())]))
""",
        tmp_path,
    )

    assert answer == [
        [
            "ResourceAlreadyExistsException",
            "ValidationException",
            "ValidationException",
            "ResourceNotFoundException",
            "ResourceNotFoundException",
        ],
        ["r1"],
    ]


def test_an_archive_forgets_what_outlived_its_retention_and_tells_how_much_it_has(tmp_path: Path) -> None:
    answer = run(
        BUS
        + """
put(1)
eventbridge._archives["kept"]["Events"][0]["Time"] -= 8 * 24 * 3600
put(2)
described = call(eventbridge._describe_archive, ArchiveName="kept")
longer = {**archived, "RetentionDays": 30, "Description": "longer"}
handlers["AWS::Events::Archive"]["update"]("kept", archived, longer, "stack", "Logical")
updated = call(eventbridge._describe_archive, ArchiveName="kept")
renamed, _ = handlers["AWS::Events::Archive"]["update"](
    "kept", longer, {**longer, "ArchiveName": "another"}, "stack", "Logical")
listed = [each["ArchiveName"] for each in call(eventbridge._list_archives)["Archives"]]
handlers["AWS::Events::Archive"]["delete"]("another", longer)
left = call(eventbridge._list_archives)["Archives"]
print(json.dumps([described, [updated["RetentionDays"], updated["Description"], updated["EventCount"]], renamed,
                  listed, left]))
""",
        tmp_path,
    )

    described, updated, renamed, listed, left = answer
    assert described["EventCount"] == 1
    assert described["SizeBytes"] > 20
    assert "Events" not in described
    assert updated == [30, "longer", 1]
    assert (renamed, listed, left) == ("another", ["another"], [])
