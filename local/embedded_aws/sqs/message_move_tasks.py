"""Move messages from a dead-letter queue to another queue at a bounded rate, in a task that can be cancelled.

Adds StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask to `sqs._HANDLERS`, and relies on
`sqs._queue_by_arn`, `sqs._queues_lock` and the shape of the messages in a queue. A task ends with the process; messages
that it has not moved stay in the dead-letter queue. The source is the resource that a caller needs the right on: wraps
`iam_actions.extract_resource_arn`, which knows only the URLs and names of queues. The behaviour of AWS:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions
from ministack.core.concurrency import esm_wake
from ministack.core.responses import new_uuid
from ministack.services import sqs

from local.embedded_aws.extension import Extension, Hook

# The highest rate of AWS, and the number of tasks that AWS lists at most, the newest first.
_FASTEST_PER_S = 500
_LISTED = 10
_SOURCE = "DeadLetterQueueSourceArn"


@dataclass(kw_only=True)
class _Task:
    source_arn: str
    destination_arn: str | None
    per_second: int | None
    to_move: int
    handle: str = field(default_factory=new_uuid)
    status: str = "RUNNING"
    moved: int = 0
    reason: str | None = None
    started_at: float = field(default_factory=time.time)

    def described(self) -> dict[str, Any]:
        """Describe the task as ListMessageMoveTasks does, without members that have no value."""
        members = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.reason,
            "StartedTimestamp": int(self.started_at * 1000),
        }
        return {name: value for name, value in members.items() if value is not None}


# By the ARN of the source, which contains account and region; the newest task last.
_tasks: dict[str, list[_Task]] = defaultdict(list)


def _start(data: dict[str, Any], _url: str) -> dict[str, Any]:
    source_arn, destination_arn = data.get("SourceArn", ""), data.get("DestinationArn")
    per_second = data.get("MaxNumberOfMessagesPerSecond")
    source = _found(source_arn)
    if not any(_is_dead_letter_queue(source_arn, queue) for queue in sqs._queues.values()):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None:
        _found(destination_arn)
    if per_second is not None and not 1 <= int(per_second) <= _FASTEST_PER_S:
        raise sqs._Err("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be from 1 to {_FASTEST_PER_S}.")
    if any(task.status in {"RUNNING", "CANCELLING"} for task in _tasks[source_arn]):
        raise sqs._Err("UnsupportedOperation", "There is already a task running for this source queue.")
    task = _Task(
        source_arn=source_arn,
        destination_arn=destination_arn,
        per_second=int(per_second) if per_second is not None else None,
        to_move=len(source["messages"]),
    )
    _tasks[source_arn].append(task)
    threading.Thread(target=_run, args=(task, source), daemon=True).start()
    return {"TaskHandle": task.handle}


def _list(data: dict[str, Any], _url: str) -> dict[str, Any]:
    source_arn = data.get("SourceArn", "")
    _found(source_arn)
    count = min(int(data.get("MaxResults") or 1), _LISTED)
    return {"Results": [task.described() for task in reversed(_tasks[source_arn][-count:])]}


def _cancel(data: dict[str, Any], _url: str) -> dict[str, Any]:
    handle = data.get("TaskHandle")
    running = (task for tasks in list(_tasks.values()) for task in tasks if task.status == "RUNNING")
    task = next((task for task in running if task.handle == handle), None)
    if task is None:
        raise sqs._Err("ResourceNotFoundException", "There is no running task with this handle.")
    task.status = "CANCELLING"
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def _found(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"The queue {arn} does not exist.")
    return queue


def _is_dead_letter_queue(arn: str, queue: dict[str, Any]) -> bool:
    policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
    return isinstance(policy, dict) and policy.get("deadLetterTargetArn") == arn


def _run(task: _Task, source: dict[str, Any]) -> None:
    while task.status == "RUNNING" and _move_one(task, source):
        time.sleep(1 / (task.per_second or _FASTEST_PER_S))
    if task.status in {"RUNNING", "CANCELLING"}:
        task.status = "COMPLETED" if task.status == "RUNNING" else "CANCELLED"


def _move_one(task: _Task, source: dict[str, Any]) -> bool:
    """Move the oldest visible message that was sent before the task began; return False if there is none."""
    with sqs._queues_lock:
        now = time.time()
        waiting = (each for each in source["messages"] if each["visible_at"] <= now)
        message = next((each for each in waiting if each["sent_at"] <= task.started_at), None)
        if message is None:
            return False
        destination_arn = task.destination_arn or message.get("sys", {}).get(_SOURCE)
        destination = sqs._queue_by_arn(destination_arn) if destination_arn else None
        if destination is None:
            task.status, task.reason = "FAILED", "CouldNotDetermineMessageSource"
            return False
        # Changed in place, because another thread may have a reference to the list.
        source["messages"].remove(message)
        destination["messages"].append(_as_new(message, now))
        task.moved += 1
    esm_wake.set()
    return True


def _as_new(message: dict[str, Any], now: float) -> dict[str, Any]:
    """Return the message with its body and attributes, but as newly sent."""
    kept = {name: value for name, value in message.items() if name != "enqueued_at"}
    of_system = {name: value for name, value in message.get("sys", {}).items() if name != _SOURCE}
    return {
        **kept,
        "id": new_uuid(),
        "receipt_handle": None,
        "receive_count": 0,
        "first_receive_at": None,
        "sent_at": now,
        "visible_at": now,
        "sys": {**of_system, "SentTimestamp": str(int(now * 1000))},
    }


def _install() -> None:
    extract = iam_actions.extract_resource_arn

    def extract_source(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        source = iam_actions._safe_json_field(body, "SourceArn") if service == "sqs" else None
        return str(source or extract(service, method, path, headers, body, *more))

    iam_actions.extract_resource_arn = extract_source
    sqs._HANDLERS |= {
        "StartMessageMoveTask": _start,
        "ListMessageMoveTasks": _list,
        "CancelMessageMoveTask": _cancel,
    }


EXTENSION = Extension(
    closes="The messages of a dead-letter queue could not be moved back.",
    hooks=(
        Hook(module="ministack.services.sqs", name="_HANDLERS"),
        Hook(
            module="ministack.core.iam_actions",
            name="extract_resource_arn",
            contains=('queue_url = _param(body, query_params, "QueueUrl")',),
        ),
        Hook(module="ministack.core.iam_actions", name="_safe_json_field", parameters=("body", "field")),
        Hook(module="ministack.services.sqs", name="_dispatch", contains=("fn = _HANDLERS.get(action)",)),
        Hook(module="ministack.services.sqs", name="_queue_by_arn", parameters=("arn",)),
        Hook(
            module="ministack.services.sqs",
            name="_act_send_message",
            contains=(
                '"visible_at": now + delay,',
                '"receive_count": 0,',
                '"sent_at": now,',
                '"first_receive_at": None,',
            ),
        ),
        Hook(
            module="ministack.services.sqs",
            name="_dlq_sweep",
            contains=('moved["sys"].setdefault("DeadLetterQueueSourceArn"',),
        ),
        Hook(module="ministack.services.sqs", name="_Err"),
    ),
    install=_install,
)
