"""The `LetterQueues` and the `Redrives` of the console on SQS."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from functions.console.calls import translated_errors
from functions.console.letters import Depth, Move
from functions.console.platform import Letters
from functions.shared.aws.clients import client
from functions.shared.interface.dead_letters import REDRIVEN_PER_S, DeadLetter, peek, release

if TYPE_CHECKING:
    from functions.console.ports import LetterQueues, Redrives

MOVES_SHOWN = 10
# One message is looked for among so many, which are hidden for so long; another look may hide it for a moment.
LOOKED_THROUGH, HELD_S, ATTEMPTS = 1000, 30, 3
_WAITING, _HELD = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"


class Queues:
    """Looks at queues by their names, and moves their messages.

    Args:
        sqs: A client of SQS; the process's own by default.
        wait_s: The time to wait for the next messages to search; without it, SQS asks only some of its servers.
    """

    def __init__(self, *, sqs: Any = None, wait_s: int = 1) -> None:  # noqa: ANN401 - a botocore client
        self._given = sqs
        self._wait_s = wait_s
        self._urls: dict[str, str] = {}

    @property
    def _sqs(self) -> Any:  # noqa: ANN401 - as above
        return self._given or client("sqs")

    def depth(self, letters: Letters) -> Depth:
        """See `LetterQueues.depth`."""
        with translated_errors():
            found = self._attributes(letters, _WAITING, _HELD)
        return Depth(waiting=int(found[_WAITING]), held=int(found[_HELD]))

    def look(self, letters: Letters, *, limit: int) -> Sequence[DeadLetter]:
        """See `LetterQueues.look`."""
        with translated_errors():
            return peek(self._sqs, self._url(letters), limit=limit)

    def list_moves(self, letters: Letters) -> Sequence[Move]:
        """See `LetterQueues.list_moves`."""
        with translated_errors():
            arn = self._attributes(letters, "QueueArn")["QueueArn"]
            found = self._sqs.list_message_move_tasks(SourceArn=arn, MaxResults=MOVES_SHOWN)["Results"]
        return [_move(each) for each in found]

    def move_all(self, letters: Letters) -> None:
        """See `Redrives.move_all`."""
        with translated_errors():
            arn = self._attributes(letters, "QueueArn")["QueueArn"]
            self._sqs.start_message_move_task(
                SourceArn=arn,
                # SQS does not know the source of messages that the function or the bus sent to the queue.
                DestinationArn=_source_of(letters, arn),
                MaxNumberOfMessagesPerSecond=REDRIVEN_PER_S,
            )

    def move_one(self, letters: Letters, message_id: str) -> bool:
        """See `Redrives.move_one`: sent before it is deleted, so that it is never lost, but may come twice."""
        with translated_errors():
            return any(self._moved(letters, message_id) for _ in range(ATTEMPTS))

    def _moved(self, letters: Letters, message_id: str) -> bool:
        sqs, url = self._sqs, self._url(letters)
        held: list[Any] = []
        try:
            while len(held) < LOOKED_THROUGH:
                received = sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=HELD_S,
                    WaitTimeSeconds=self._wait_s,
                    AttributeNames=["MessageGroupId"],
                ).get("Messages", [])
                held += received
                found = next((each for each in received if each["MessageId"] == message_id), None)
                if found:
                    group = found.get("Attributes", {}).get("MessageGroupId")
                    # The attributes of a dead letter tell of its failure, and not of the message.
                    sqs.send_message(
                        QueueUrl=_source_of(letters, url),
                        MessageBody=found["Body"],
                        **({"MessageGroupId": group} if group else {}),
                    )
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
                    held.remove(found)
                    return True
                if not received:
                    return False
        finally:
            release(sqs, url, held)
        return False

    def _attributes(self, letters: Letters, *names: str) -> Any:  # noqa: ANN401 - JSON
        return self._sqs.get_queue_attributes(QueueUrl=self._url(letters), AttributeNames=names)["Attributes"]

    def _url(self, letters: Letters) -> str:
        if letters.name not in self._urls:
            self._urls[letters.name] = self._sqs.get_queue_url(QueueName=letters.name)["QueueUrl"]
        return self._urls[letters.name]


def _source_of(letters: Letters, address: str) -> str:
    """Return the URL or the ARN of the source from that of the dead-letter queue: only the name differs."""
    return f"{address.removesuffix(letters.name)}{letters.source}"


def _move(task: Any) -> Move:  # noqa: ANN401 - JSON
    return Move(
        status=task["Status"],
        started_at=datetime.fromtimestamp(task["StartedTimestamp"] / 1000, UTC),
        moved=task.get("ApproximateNumberOfMessagesMoved", 0),
        to_move=task.get("ApproximateNumberOfMessagesToMove"),
        reason=task.get("FailureReason", ""),
    )


if TYPE_CHECKING:
    _looking: LetterQueues = Queues()
    _moving: Redrives = Queues()
