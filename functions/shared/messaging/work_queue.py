"""A queue of the service's own on SQS, as the functions see it that put work into it (`sends_to` in the manifest)."""

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

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html: of a call together.
MESSAGES_A_CALL = 10
BYTES_A_CALL = 1024 * 1024
LONGEST_DELAY_S = 900
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html#API_SendMessageBatch_Errors
_THROTTLED = frozenset({"RequestThrottled", "Throttling", "ThrottlingException"})
ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Work to send.

    Attributes:
        content: JSON values; all of a message has at most `BYTES_A_CALL` bytes.
        delay_s: Before a worker gets it, at most `LONGEST_DELAY_S`.
        group: Whose work it is: while one group has much in the queue, the others are served first.
            https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        correlation: The request that led to it.
    """

    content: Mapping[str, Any]
    delay_s: int = 0
    group: str | None = None
    correlation: Correlation = field(default_factory=current)


def message_of(content: Mapping[str, Any], correlation: Correlation) -> str:
    """Return the message that carries work and the request that led to it."""
    return json.dumps(
        {"request_id": correlation.request_id, "traceparent": correlation.traceparent, "content": dict(content)},
        separators=(",", ":"),
        ensure_ascii=False,
    )


class WorkQueue:
    """Sends work to the queue that the manifest calls `name`."""

    def __init__(self, name: str, *, sqs: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:  # noqa: ANN401 - a botocore client
        self._url = setting(f"QUEUE_{name.upper().replace('-', '_')}_URL")
        self._sqs = sqs or client("sqs")
        self._sleep = sleep

    def send(self, messages: Sequence[Message]) -> None:
        """Send all messages, in calls as large as SQS takes; what it did not take for the moment is sent again.

        Raises:
            Unavailable: SQS is busy or away; some of the messages may have been sent.
        """
        for call in _calls(messages):
            self._send(call)

    def _send(self, entries: list[dict[str, Any]]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws.client

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
                raise ValueError(f"The queue refuses the messages for what they are: {', '.join(refused)}.")
            waiting = [entry for entry in waiting if entry["Id"] in failed]
            if not waiting:
                return
            self._sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        raise Unavailable


def _is_busy(error: "ClientError") -> bool:
    answer = error.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return answer["Error"]["Code"] in _THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _calls(messages: Sequence[Message]) -> Iterator[list[dict[str, Any]]]:
    call: list[dict[str, Any]] = []
    size_bytes = 0
    for message in messages:
        entry = _entry(message)
        entry_bytes = len(entry["MessageBody"].encode())
        if call and (len(call) == MESSAGES_A_CALL or size_bytes + entry_bytes > BYTES_A_CALL):
            yield call
            call, size_bytes = [], 0
        call.append({"Id": str(len(call)), **entry})
        size_bytes += entry_bytes
    if call:
        yield call


def _entry(message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "MessageBody": message_of(message.content, message.correlation),
        "DelaySeconds": message.delay_s,
    }
    return entry | {"MessageGroupId": message.group} if message.group else entry
