"""The dispatch of an event: a delivery for each webhook that receives it, a limited number of webhooks in each step.

A step writes the items of its deliveries, then sends their tasks and the task of the next step. The message that
started the step leaves its own queue only after all of them are sent. If the function ends before that, the message is
delivered again: the step finds the items and sends the tasks again. A duplicate task is stale once its attempt is
recorded.
"""

import json

from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.webhooks.deliveries import make_delivery
from functions.webhooks.domain import owner_of
from functions.webhooks.ports import Stores, TaskQueue
from functions.webhooks.tasks import NextDeliveries, attempt_task, dispatch_task


class Dispatcher:
    """Makes the deliveries of events.

    Args:
        at_once: The most deliveries of a step, so that a step ends in time however many webhooks receive an event.
    """

    def __init__(self, *, stores: Stores, queue: TaskQueue, at_once: int) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._queue = queue
        self._at_once = at_once

    def dispatch(self, event: Event) -> None:
        """Make the first deliveries of an event, and send a task for the rest.

        Raises:
            AlreadySeen: The deliveries exist already.
        """
        if not self._step(event, after=None):
            raise AlreadySeen

    def resume(self, task: NextDeliveries) -> None:
        """Make the next deliveries of an event.

        Raises:
            Refused: The delivery that contains the event is gone.
        """
        delivery = self._deliveries.find(task.webhook_id, task.delivery_id)
        if delivery is None:
            raise Refused("The delivery that contained the event is gone.")
        self._step(Event.from_envelope(json.loads(delivery.body)), after=task.after)

    def _step(self, event: Event, *, after: str | None) -> bool:
        """Make some deliveries; return False if all of them existed already."""
        page = self._webhooks.list_matching(
            f"{event.source}/{event.type}", owner=owner_of(event), limit=self._at_once, after=after
        )
        deliveries = [make_delivery(webhook_id, event) for webhook_id in page.items]
        new = [self._deliveries.add(delivery) for delivery in deliveries]
        tasks = [attempt_task(delivery) for delivery in deliveries]
        if page.next_position:
            tasks.append(dispatch_task(deliveries[-1], after=page.next_position))
        self._queue.send(tasks)
        return any(new) or not new
