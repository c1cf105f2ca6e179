"""Authorize a batch of messages by the action of a single message, as on AWS, which has no action for batches.

Relies on `iam_actions.extract_iam_action`, which returns a separate action for each batch:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

from typing import Any

from ministack.core import iam_actions

from local.embedded_aws.extension import Extension, Hook

_BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}" for action in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}
_upstream_extract = iam_actions.extract_iam_action


def _extract(*arguments: Any, **more: Any) -> str | None:
    action: str | None = _upstream_extract(*arguments, **more)
    return _BATCHES.get(action, action) if action else None


def _install() -> None:
    iam_actions.extract_iam_action = _extract


EXTENSION = Extension(
    closes="A role that may send a message could not send a batch of them.",
    hooks=(
        Hook(
            module="ministack.core.iam_actions", name="extract_iam_action", contains=("_action_from_target(headers)",)
        ),
    ),
    install=_install,
)
