"""Stand-ins for Lambda and for the stores that every service uses."""

from typing import TYPE_CHECKING

from functions.shared.messaging.dead_letters import DeadLetter
from tests.lambda_client import LambdaContext

if TYPE_CHECKING:
    from functions.shared.messaging.dead_letters import DeadLetters


class FakeContext(LambdaContext):
    """A Lambda context that reports the given seconds in turn; the last figure is repeated."""

    def __init__(self, *left_s: float) -> None:
        self._left_s = list(left_s)

    def get_remaining_time_in_millis(self) -> int:
        left_s = self._left_s.pop(0) if len(self._left_s) > 1 else self._left_s[0]
        return int(left_s * 1000)


class FakeDeadLetters:
    """Dead letters in memory."""

    def __init__(self, *, away: bool = False) -> None:
        self.letters: list[DeadLetter] = []
        self._away = away

    def add(self, letter: DeadLetter) -> None:
        if self._away:
            raise OSError("no queue")
        self.letters.append(letter)


if TYPE_CHECKING:
    _: DeadLetters = FakeDeadLetters()
