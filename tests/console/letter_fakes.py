"""Queues of dead letters in memory, on a platform with the console's own worker."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.console.letters import Depth, Move
from functions.console.platform import Letters, read_platform
from functions.shared.errors import ApiError
from functions.shared.interface.dead_letters import DeadLetter
from tests.console.fakes import NOON, PLATFORM

_described = json.loads(PLATFORM)
_described["services"]["console"] = {
    "api": "api",
    "functions": ["api", "redrive"],
    "letters": {"redrive": "console-redrives"},
}
letters_platform = read_platform(json.dumps(_described))
LEDGER, PARKED = "platform-test-ledger-consumer-dlq", "platform-test-users-relay-parked"
WORKER = "platform-test-console-redrives-dlq"
CONSUMER = next(each for each in letters_platform.letters if each.name == LEDGER)


def letter(number: int, **more: Any) -> DeadLetter:
    """Return a dead letter; a greater number is an older one."""
    usual: dict[str, Any] = {
        "message_id": f"01938b2e-7c4a-7d3f-9a51-{number:012d}",
        "sent_at": NOON - timedelta(minutes=number),
        "about": "UserCreated.v1 of users/1",
        "reason": "The ledger is closed.",
        "error": "Closed",
        "event_id": f"01938b2e-7c4a-7d3f-0000-{number:012d}",
        "request_id": f"request-{number}",
        "failed_at": NOON.isoformat(),
        "size_bytes": 512,
    }
    return DeadLetter(**(usual | more))


@dataclass
class FakeQueues:
    """Dead letters by the names of queues; `failing` is raised by every call."""

    letters: dict[str, list[DeadLetter]] = field(default_factory=dict)
    moves: dict[str, list[Move]] = field(default_factory=dict)
    failing: ApiError | None = None
    moved: list[tuple[str, str]] = field(default_factory=list)

    def depth(self, letters: Letters) -> Depth:
        return Depth(waiting=len(self._of(letters)), held=0)

    def look(self, letters: Letters, *, limit: int) -> Sequence[DeadLetter]:
        return self._of(letters)[:limit]

    def list_moves(self, letters: Letters) -> Sequence[Move]:
        self._of(letters)
        return self.moves.get(letters.name, [])

    def move_all(self, letters: Letters) -> None:
        self.moved += [(each.message_id, str(letters.source)) for each in self._of(letters)]
        self.letters[letters.name] = []

    def move_one(self, letters: Letters, message_id: str) -> bool:
        here = [each for each in self._of(letters) if each.message_id == message_id]
        self.moved += [(each.message_id, str(letters.source)) for each in here]
        self.letters[letters.name] = [each for each in self._of(letters) if each not in here]
        return bool(here)

    def _of(self, letters: Letters) -> list[DeadLetter]:
        if self.failing:
            raise self.failing
        return self.letters.get(letters.name, [])
