"""Hold the lock of the queues during every change of a queue, so that no message is lost.

Relies on `sqs._queues_lock`, which only the poller of event source mappings held. The delivery of an event from a bus
(`eventbridge._dispatch_to_sqs`) and a client's call (`sqs._act_…`) did not: they added to a list that the poller's
delete replaced at the same time.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, sqs

from local.embedded_aws.extension import Extension, Hook

_ACTIONS = {
    "SendMessage": "_act_send_message",
    "SendMessageBatch": "_act_send_message_batch",
    "DeleteMessage": "_act_delete_message",
    "DeleteMessageBatch": "_act_delete_message_batch",
    "ChangeMessageVisibility": "_act_change_visibility",
    "ChangeMessageVisibilityBatch": "_act_change_visibility_batch",
    "PurgeQueue": "_act_purge_queue",
}
# The steps of ReceiveMessage; ReceiveMessage itself waits between them.
_STEPS = ("_expire_retained", "_dlq_sweep", "_collect_msgs")


def _locked(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def hold_and_call(*arguments: Any, **named: Any) -> Any:
        with sqs._queues_lock:
            return function(*arguments, **named)

    return hold_and_call


def _install() -> None:
    # Reentrant, because the poller holds the lock when it calls the steps.
    sqs._queues_lock = threading.RLock()
    for name in (*_ACTIONS.values(), *_STEPS):
        setattr(sqs, name, _locked(getattr(sqs, name)))
    sqs._HANDLERS |= {action: getattr(sqs, name) for action, name in _ACTIONS.items()}
    eventbridge._dispatch_to_sqs = _locked(eventbridge._dispatch_to_sqs)


EXTENSION = Extension(
    closes="A message could vanish if it was put into a queue while a batch of the queue was deleted.",
    hooks=(
        Hook(
            module="ministack.services.eventbridge",
            name="_dispatch_to_sqs",
            parameters=("spec", "payload", "sqs_parameters"),
            contains=('queue["messages"].append(msg)',),
        ),
        *(Hook(module="ministack.services.sqs", name=name, parameters=("data", "qurl")) for name in _ACTIONS.values()),
        *(Hook(module="ministack.services.sqs", name=name) for name in _STEPS),
        Hook(module="ministack.services.sqs", name="_queues_lock"),
        Hook(
            module="ministack.services.sqs",
            name="_delete_messages_for_esm",
            contains=("with _queues_lock:", 'q["messages"] = kept'),
        ),
    ),
    install=_install,
)
