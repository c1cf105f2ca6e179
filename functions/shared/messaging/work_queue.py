"""A service's own work queue on SQS, for the functions that send tasks to it (`sends_to` in the manifest)."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.correlation import Correlation, current
from functions.shared.errors import Unavailable
from functions.shared.rehearsal import current_rehearsal

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
# Both limits apply to all messages of a call together.
MESSAGES_A_CALL = 10
BYTES_A_CALL = 1024 * 1024
LONGEST_DELAY_S = 900
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
_THROTTLED = frozenset({"RequestThrottled", "Throttling", "ThrottlingException"})
ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A unit of work on a queue.

    Attributes:
        content: JSON values; a message, everything included, has at most `BYTES_A_CALL` bytes.
        delay_s: The time before a worker receives the task, at most `LONGEST_DELAY_S`.
        group: The message group: while one group has many tasks in the queue, SQS delivers those of other groups first.
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        correlation: The request that led to the task.
        receives: How often the task has been received, this time included; more than 1 after a failure or a crash.
    """

    content: Mapping[str, Any]
    delay_s: int = 0
    group: str | None = None
    correlation: Correlation = field(default_factory=current, compare=False)
    receives: int = 0


def message_body(task: Task) -> str:
    """Return the body of the message that carries a task and the request that led to it."""
    correlation = task.correlation
    return json.dumps(
        {
            "request_id": correlation.request_id,
            "traceparent": correlation.traceparent,
            "content": dict(task.content),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    )


class WorkQueue:
    """Sends tasks to the queue that the manifest calls `name`."""

    def __init__(self, name: str, *, sqs: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:  # noqa: ANN401 - a botocore client
        self._url = setting(f"QUEUE_{name.upper().replace('-', '_')}_URL")
        self._sqs = sqs or client("sqs")
        self._sleep = sleep

    def send(self, tasks: Sequence[Task]) -> None:
        """Send all tasks, in calls as large as SQS accepts, and retry transient failures; in a rehearsal, send none.

        Raises:
            Unavailable: SQS is busy or unreachable; some of the tasks may have been sent.
        """
        calls = list(_calls(tasks))
        if current_rehearsal():
            return
        for call in calls:
            self._send(call)

    def _send(self, entries: list[dict[str, Any]]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws/clients.py

        waiting = entries
        for attempt in range(ATTEMPTS):
            try:
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=waiting)
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and not _is_busy(error):
                    raise
                raise Unavailable from error
            failed = {failure["Id"]: failure for failure in answer.get("Failed", [])}
            refused = sorted({failure["Code"] for failure in failed.values() if failure["SenderFault"]})
            if refused:
                raise ValueError(f"The queue rejects the messages as invalid: {', '.join(refused)}.")
            waiting = [entry for entry in waiting if entry["Id"] in failed]
            if not waiting:
                return
            self._sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        raise Unavailable


def _is_busy(error: "ClientError") -> bool:
    answer = error.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"] in _THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _calls(tasks: Sequence[Task]) -> Iterator[list[dict[str, Any]]]:
    call: list[dict[str, Any]] = []
    size_bytes = 0
    for task in tasks:
        entry = _entry(task)
        entry_bytes = len(entry["MessageBody"].encode())
        if call and (len(call) == MESSAGES_A_CALL or size_bytes + entry_bytes > BYTES_A_CALL):
            yield call
            call, size_bytes = [], 0
        call.append({"Id": str(len(call)), **entry})
        size_bytes += entry_bytes
    if call:
        yield call


def _entry(task: Task) -> dict[str, Any]:
    entry: dict[str, Any] = {"MessageBody": message_body(task), "DelaySeconds": task.delay_s}
    return entry | {"MessageGroupId": task.group} if task.group else entry
