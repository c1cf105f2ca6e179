"""What looks at every event on its way: the contracts in tests, nothing in a Lambda."""

from collections.abc import Callable

from functions.shared.messaging.events import Event

type Inspector = Callable[[Event], None]


class Inspection:
    """Where every event passes on one way."""

    def __init__(self) -> None:
        self._inspectors: list[Inspector] = []

    def by(self, inspector: Inspector) -> Callable[[], None]:
        """Let an inspector see each event; what it raises stops that event.

        Returns:
            How to end that.
        """
        self._inspectors.append(inspector)
        return lambda: self._inspectors.remove(inspector)

    def passed(self, event: Event) -> Event:
        """Return the event after every inspector has seen it."""
        for inspector in self._inspectors:
            inspector(event)
        return event


# Before an event is written into an outbox, and before it takes effect in a consumer.
outgoing, incoming = Inspection(), Inspection()
