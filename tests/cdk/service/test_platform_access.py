"""The rights of the console on the whole platform."""

import json
from typing import Any

import pytest

from tests.cdk.templates import Assembly

LOOKED_AT = {"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"}


def on_queues(granted: dict[str, Any]) -> dict[str, set[str]]:
    """Return the actions on SQS, each with the names of the queues as far as a template has them."""
    found = {}
    for action, resources in granted.items():
        if action.startswith("sqs:"):
            parts = json.dumps(resources).split('"')
            found[action] = {part.rpartition(":")[2] for part in parts if ":platform-" in part}
    return found


@pytest.mark.slow
def test_the_api_of_the_console_only_looks_at_dead_letters_of_its_environment(own_services: Assembly) -> None:
    console = own_services.stack("platform-prod-console")
    granted = on_queues(console.granted("What platform-prod-console-api may do."))

    # It sends commands to a queue of its own stack, which has no name in the template.
    assert granted.pop("sqs:SendMessage") == set()
    # Only redrives of dead letters are tasks of SQS.
    assert all(queue.endswith("-dlq") for queue in granted["sqs:ListMessageMoveTasks"])
    assert "platform-prod-activity-consumer-dlq" in granted.pop("sqs:ListMessageMoveTasks")
    assert granted.keys() == LOOKED_AT
    for queues in granted.values():
        assert {"platform-prod-activity-consumer-dlq", "platform-prod-users-relay-parked"} <= queues
        assert all(queue.startswith("platform-prod-") and queue.endswith(("-dlq", "-parked")) for queue in queues)


@pytest.mark.slow
def test_the_worker_of_redrives_moves_dead_letters_to_their_sources_and_nothing_else(own_services: Assembly) -> None:
    console = own_services.stack("platform-prod-console")
    granted = on_queues(console.granted("What platform-prod-console-redrive may do."))

    sources = {queue.removesuffix("-dlq") for queue in granted["sqs:StartMessageMoveTask"]}
    assert {"platform-prod-activity-consumer", "platform-prod-console-redrives"} <= sources
    assert granted["sqs:SendMessage"] == sources
    assert granted["sqs:DeleteMessage"] == granted["sqs:ReceiveMessage"] == {f"{source}-dlq" for source in sources}


@pytest.mark.slow
def test_no_other_function_moves_dead_letters(own_services: Assembly) -> None:
    moving = {name for name, stack in own_services.stacks().items() if "sqs:StartMessageMoveTask" in str(stack.content)}

    assert "platform-prod-console" in moving
    assert all(name.endswith("-console") for name in moving)
