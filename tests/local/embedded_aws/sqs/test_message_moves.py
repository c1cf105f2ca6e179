"""Tasks that move messages back, tried in a process of the embedded AWS's own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import CLOUDFORMATION, pytestmark, run

__all__ = ["pytestmark"]

QUEUES = (
    CLOUDFORMATION
    + """
import asyncio, threading, time
from ministack.services import sqs
def call(action, **data):
    try:
        return asyncio.run(sqs._dispatch(action, data, data.get("QueueUrl", "")))
    except sqs._Err as error:
        return error.code
prefix = "arn:aws:sqs:eu-west-1:000000000000:"
urls = {"dlq": call("CreateQueue", QueueName="dlq")["QueueUrl"]}
redrive = json.dumps({"deadLetterTargetArn": prefix + "dlq", "maxReceiveCount": 1})
urls["work"] = call("CreateQueue", QueueName="work", Attributes={"RedrivePolicy": redrive})["QueueUrl"]

def send(queue, *bodies):
    for body in bodies:
        call("SendMessage", QueueUrl=urls[queue], MessageBody=body,
             MessageAttributes={"reason": {"DataType": "String", "StringValue": "why " + body}})

def bodies(queue):
    return [each["body"] for each in sqs._queue_by_arn(prefix + queue)["messages"]]

def task(queue="dlq"):
    return call("ListMessageMoveTasks", SourceArn=prefix + queue)["Results"][0]

def ended(queue="dlq"):
    while task(queue)["Status"] in ("RUNNING", "CANCELLING"):
        time.sleep(0.01)
    return task(queue)
"""
)


def test_messages_move_with_their_attributes_and_begin_a_new_life(tmp_path: Path) -> None:
    answer = run(
        QUEUES
        + """
send("work", "a", "b")
for _ in range(2):
    call("ReceiveMessage", QueueUrl=urls["work"], MaxNumberOfMessages=10, VisibilityTimeout=0)
dead = bodies("dlq")
handle = call("StartMessageMoveTask", SourceArn=prefix + "dlq")["TaskHandle"]
done = ended()
received = call("ReceiveMessage", QueueUrl=urls["work"], MaxNumberOfMessages=10, AttributeNames=["All"],
                MessageAttributeNames=["All"])["Messages"]
print(json.dumps([dead, bodies("dlq"), done, [[each["Body"], each["MessageAttributes"]["reason"]["StringValue"],
      each["Attributes"]["ApproximateReceiveCount"], "DeadLetterQueueSourceArn" in each["Attributes"]]
      for each in received]]))
""",
        tmp_path,
    )

    dead, left, done, received = answer
    assert sorted(dead) == ["a", "b"]
    assert left == []
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert "TaskHandle" not in done
    assert sorted(received) == [["a", "why a", "1", False], ["b", "why b", "1", False]]


def test_the_rate_is_kept_and_a_cancelled_task_leaves_the_rest(tmp_path: Path) -> None:
    answer = run(
        QUEUES
        + """
send("dlq", *"abcdefghij")
began = time.monotonic()
handle = call("StartMessageMoveTask", SourceArn=prefix + "dlq", DestinationArn=prefix + "work",
              MaxNumberOfMessagesPerSecond=20)["TaskHandle"]
second = call("StartMessageMoveTask", SourceArn=prefix + "dlq")
while task()["ApproximateNumberOfMessagesMoved"] < 4:
    time.sleep(0.005)
took_s = time.monotonic() - began
cancelled = call("CancelMessageMoveTask", TaskHandle=handle)
done = ended()
print(json.dumps([took_s, second, done["Status"], len(bodies("dlq")) + len(bodies("work")),
                  done["ApproximateNumberOfMessagesMoved"] == len(bodies("work")) < 10,
                  call("CancelMessageMoveTask", TaskHandle=handle)]))
""",
        tmp_path,
    )

    took_s, second, status, messages, some_moved, again = answer
    assert took_s >= 3 / 20
    assert second == "UnsupportedOperation"
    assert (status, messages, some_moved) == ("CANCELLED", 10, True)
    assert again == "ResourceNotFoundException"


def test_what_cannot_be_moved_is_refused_as_aws_does(tmp_path: Path) -> None:
    answer = run(
        QUEUES
        + """
send("dlq", "sent by hand")
refused = [call("StartMessageMoveTask", SourceArn=prefix + "work"),
           call("StartMessageMoveTask", SourceArn=prefix + "nobody"),
           call("StartMessageMoveTask", SourceArn=prefix + "dlq", DestinationArn=prefix + "nobody"),
           call("StartMessageMoveTask", SourceArn=prefix + "dlq", MaxNumberOfMessagesPerSecond=501)]
call("StartMessageMoveTask", SourceArn=prefix + "dlq")
done = ended()
print(json.dumps([refused, done["Status"], done["FailureReason"], bodies("dlq")]))
""",
        tmp_path,
    )

    assert answer == [
        ["InvalidParameterValue", "ResourceNotFoundException", "ResourceNotFoundException", "InvalidParameterValue"],
        "FAILED",
        "CouldNotDetermineMessageSource",
        ["sent by hand"],
    ]


def test_whatever_changes_a_queue_waits_for_who_is_changing_it(tmp_path: Path) -> None:
    answer = run(
        QUEUES
        + """
from contextvars import copy_context
send("work", "a")
[message] = call("ReceiveMessage", QueueUrl=urls["work"], VisibilityTimeout=60)["Messages"]
held = {"ReceiptHandle": message["ReceiptHandle"]}
entry = {"Id": "1", **held}
requests = {
    "SendMessage": {"MessageBody": "b"},
    "SendMessageBatch": {"Entries": [{"Id": "1", "MessageBody": "c"}]},
    "ReceiveMessage": {},
    "ChangeMessageVisibility": {**held, "VisibilityTimeout": 60},
    "ChangeMessageVisibilityBatch": {"Entries": [{**entry, "VisibilityTimeout": 60}]},
    "DeleteMessageBatch": {"Entries": [entry]},
    "DeleteMessage": held,
    "PurgeQueue": {},
}
waited = []
for action, request in requests.items():
    calling = threading.Thread(
        target=copy_context().run, args=(lambda: call(action, QueueUrl=urls["work"], **request),))
    with sqs._queues_lock:
        calling.start()
        calling.join(0.1)
        if calling.is_alive():
            waited.append(action)
    calling.join(5)
print(json.dumps([waited, list(requests), bodies("work")]))
""",
        tmp_path,
    )

    waited, requests, left = answer
    assert waited == requests
    assert left == []
