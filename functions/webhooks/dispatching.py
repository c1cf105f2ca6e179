"""From an event to a delivery for each webhook that wants it.

Nothing is lost between the two steps, the delivery's item and its task in the queue: the event leaves its own queue
only after both. Where the function ends in between, the event comes again, finds the items there, and sends the tasks
anew; a task that came twice is stale when its attempt has been recorded.
"""

from functions.shared.events import Event
from functions.shared.inbox import AlreadySeen
from functions.webhooks.deliveries import make_delivery
from functions.webhooks.domain import owner_of
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import Tasks, task_of


class Dispatcher:
    """Makes deliveries of events."""

    def __init__(self, *, stores: Stores, tasks: Tasks) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._tasks = tasks

    def dispatch(self, event: Event) -> None:
        """Make the deliveries of an event.

        Raises:
            AlreadySeen: It has made all of them before.
        """
        matching = self._webhooks.find_matching(f"{event.source}/{event.type}", owner=owner_of(event))
        deliveries = [make_delivery(webhook_id, event) for webhook_id in matching]
        new = [self._deliveries.add(delivery) for delivery in deliveries]
        self._tasks.send([task_of(delivery) for delivery in deliveries])
        if new and not any(new):
            raise AlreadySeen
