"""The dead letters of a function on Amazon SQS: the dead-letter queue of the queue that triggers the function."""

import os
from typing import Any

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.messaging.dead_letters import DeadLetter


class DeadLetterQueue:
    """The `DeadLetters` on Amazon SQS."""

    def add(self, letter: DeadLetter) -> None:
        """See `DeadLetters.add`."""
        more: dict[str, Any] = {"MessageGroupId": letter.group} if letter.group else {}
        client("sqs").send_message(
            QueueUrl=setting("DEAD_LETTER_QUEUE_URL"),
            MessageBody=letter.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in letter.reasons.items() if value
            },
            **more,
        )


def max_receives() -> int | None:
    """Return the number of receives after which SQS stops delivering a message; None outside of a stack."""
    stated = os.environ.get("MAX_RECEIVES")
    return int(stated) if stated else None
