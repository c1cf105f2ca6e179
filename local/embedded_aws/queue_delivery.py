"""What is put into a queue takes the queue's lock, so that no message is lost.

Stands on `eventbridge._dispatch_to_sqs` and `sqs._act_send_message`, which append to a list that a consumer's delete
replaces at the same time, and on `sqs._queues_lock`, which the delete holds.
"""

from typing import Any

from ministack.services import eventbridge, sqs

from local.embedded_aws.extension import Extension, Hook

_upstream_dispatch = eventbridge._dispatch_to_sqs
_upstream_send = sqs._act_send_message


def _dispatch(spec: Any, payload: str, sqs_parameters: dict[str, Any] | None = None) -> None:
    with sqs._queues_lock:
        _upstream_dispatch(spec, payload, sqs_parameters)


def _send(data: dict[str, Any], qurl: str) -> Any:
    with sqs._queues_lock:
        return _upstream_send(data, qurl)


def _install() -> None:
    eventbridge._dispatch_to_sqs = _dispatch
    # SendMessageBatch calls it by its name, for each of its messages.
    sqs._act_send_message = _send
    sqs._HANDLERS["SendMessage"] = _send


EXTENSION = Extension(
    name="queue_delivery",
    closes="A message put into a queue while a batch of it was deleted could vanish.",
    hooks=(
        Hook(
            module="ministack.services.eventbridge",
            name="_dispatch_to_sqs",
            parameters=("spec", "payload", "sqs_parameters"),
            contains=('queue["messages"].append(msg)',),
        ),
        Hook(
            module="ministack.services.sqs",
            name="_act_send_message",
            parameters=("data", "qurl"),
            contains=('q["messages"].append(msg)',),
        ),
        Hook(
            module="ministack.services.sqs",
            name="_act_send_message_batch",
            contains=("r = _act_send_message(sub, url)",),
        ),
        Hook(
            module="ministack.services.sqs",
            name="_delete_messages_for_esm",
            contains=("with _queues_lock:", 'q["messages"] = kept'),
        ),
    ),
    install=_install,
)
