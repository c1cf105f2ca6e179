"""From an event to a delivery for each webhook that wants it, some webhooks at a time.

Nothing is lost between the steps, the delivery's item, its task in the queue, and the task that goes on with the next
webhooks: what set a step off leaves its own queue only after all of them. Where the function ends in between, it comes
again, finds the items there, and sends the tasks anew; a task that came twice is stale when its attempt has been
recorded.
"""

import json

from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.webhooks.deliveries import make_delivery
from functions.webhooks.domain import owner_of
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import Rest, Tasks, rest_of, task_of


class Dispatcher:
    """Makes deliveries of events.

    Args:
        at_once: How many deliveries a step makes, so that one ends in time however many webhooks want an event.
    """

    def __init__(self, *, stores: Stores, tasks: Tasks, at_once: int) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._tasks = tasks
        self._at_once = at_once

    def dispatch(self, event: Event) -> None:
        """Make the first deliveries of an event, and have the rest of them made.

        Raises:
            AlreadySeen: It has made them before.
        """
        if not self._step(event, after=None):
            raise AlreadySeen

    def go_on(self, rest: Rest) -> None:
        """Make the next deliveries of an event.

        Raises:
            Refused: The delivery that the event is taken from is gone.
        """
        delivery = self._deliveries.find(rest.webhook_id, rest.delivery_id)
        if delivery is None:
            raise Refused("The delivery is gone that held the event.")
        self._step(Event.from_envelope(json.loads(delivery.body)), after=rest.after)

    def _step(self, event: Event, *, after: str | None) -> bool:
        """Make some deliveries; tell whether any was new, or none was wanted."""
        page = self._webhooks.find_matching(
            f"{event.source}/{event.type}", owner=owner_of(event), limit=self._at_once, after=after
        )
        deliveries = [make_delivery(webhook_id, event) for webhook_id in page.items]
        new = [self._deliveries.add(delivery) for delivery in deliveries]
        tasks = [task_of(delivery) for delivery in deliveries]
        if page.next_position:
            tasks.append(rest_of(deliveries[-1], after=page.next_position))
        self._tasks.send(tasks)
        return any(new) or not new
