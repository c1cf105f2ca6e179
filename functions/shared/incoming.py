"""What looks at every event on its way into a consumer: the contracts in tests, nothing in a Lambda."""

from collections.abc import Callable

from functions.shared.events import Event

type Inspector = Callable[[Event], None]

_inspectors: list[Inspector] = []


def inspect_incoming(inspector: Inspector) -> Callable[[], None]:
    """Let an inspector see each event before it takes effect; what it raises is a failure of the message.

    Returns:
        How to end that.
    """
    _inspectors.append(inspector)
    return lambda: _inspectors.remove(inspector)


def inspected(event: Event) -> Event:
    """Return the event after every inspector has seen it."""
    for inspector in _inspectors:
        inspector(event)
    return event
