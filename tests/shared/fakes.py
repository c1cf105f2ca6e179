"""What every service's functions stand on, in memory."""

from typing import TYPE_CHECKING

from functions.shared.messaging.dead_letters import DeadLetter

if TYPE_CHECKING:
    from functions.shared.messaging.dead_letters import DeadLetters


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
