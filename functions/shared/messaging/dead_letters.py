"""Dead letters: what a function cannot handle is kept for a person, with the reason.

SQS itself would move a message after its last receive, too, but could not say why. It still does so where a function
ends before it could: killed, or out of time.
"""

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from functions.shared.correlation import current
from functions.shared.errors import ApiError
from functions.shared.messaging.refusal import Refused

# What an attribute may not hold: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_REASON = 500


class DeadLetters(Protocol):
    """Where dead letters are kept."""

    def add(self, letter: "DeadLetter") -> None:
        """Keep a message; whatever it raises, the message then comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be handled.

    Attributes:
        body: As it was received, so that it can go back.
        group: Whose work it was, if the message said so.
        reasons: Why it is here, by name: `reason`, `error`, `function`, `request_id`, `failed_at`.
    """

    body: str
    group: str | None
    reasons: Mapping[str, str]


def reasons_of(error: BaseException, *, function: str) -> dict[str, str]:
    """Say why a message could not be handled; nothing of an unexpected error's text, which may quote a person."""
    return {
        "reason": _FORBIDDEN.sub("�", _sentence(error))[:LONGEST_REASON],
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
