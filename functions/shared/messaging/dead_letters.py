"""Dead letters: messages that a function cannot handle, kept for a person with the reason.

SQS also moves a message to the dead-letter queue after its last receive, but without a reason. This happens if the
function is killed or runs out of time before it can keep the message itself.
"""

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from functions.shared.correlation import current
from functions.shared.errors import ApiError

# Characters that an attribute may not contain: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
# Not compiled here: every function imports this module, and the expression takes 6 million instructions.
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
LONGEST_REASON = 500


class Refused(Exception):
    """A message can never be handled, however often it is retried; the text gives the reason, without personal data."""


class DeadLetters(Protocol):
    """The store of dead letters."""

    def add(self, letter: "DeadLetter") -> None:
        """Keep a message; if this raises any error, the message is delivered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be handled.

    Attributes:
        body: The body as received, so that the message can be redriven.
        group: The message group, if the message has one.
        reasons: Message attributes: `reason`, `error`, `function`, `request_id`, `failed_at`.
    """

    body: str
    group: str | None
    reasons: Mapping[str, str]


def reasons_of(error: BaseException, *, function: str) -> dict[str, str]:
    """Return the attributes of a dead letter, without the text of an unexpected error: it may contain personal data."""
    return {
        "reason": re.sub(_FORBIDDEN, "�", _sentence(error))[:LONGEST_REASON],
        "error": type(error).__name__,
        "function": function,
        "request_id": current().request_id,
        "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _sentence(error: BaseException) -> str:
    said = str(error) if isinstance(error, Refused | ApiError) else ""
    if said:
        return said
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
