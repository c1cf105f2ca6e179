"""Checks that run on every event: tests add contract checks, a Lambda has none."""

from collections.abc import Callable

from functions.shared.messaging.events import Event

type Check = Callable[[Event], None]


class EventChecks:
    """The checks of one direction."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def add(self, check: Check) -> Callable[[], None]:
        """Run a check on each event from now on; an error that the check raises stops the event.

        Returns:
            A function that removes the check.
        """
        self._checks.append(check)
        return lambda: self._checks.remove(check)

    def checked(self, event: Event) -> Event:
        """Return the event after every check has passed."""
        for check in self._checks:
            check(event)
        return event


# Before an event is written to an outbox, and before a consumer handles an event.
outgoing, incoming = EventChecks(), EventChecks()
