"""Events of stacks on the default bus."""

import json
from typing import Any

from ministack.services import eventbridge
from ministack.services.cloudformation import stacks

from local.embedded_aws.eventbridge import stack_events

STACK_ID = "arn:aws:cloudformation:eu-west-1:000000000000:stack/platform-local-users/1"
STACK, TABLE = "AWS::CloudFormation::Stack", "AWS::DynamoDB::Table"


def published() -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    eventbridge._dispatch_event = lambda event, *_: sent.append(event)
    stack_events.EXTENSION.install()
    return sent


def test_a_status_of_a_stack_is_an_event_with_the_token_of_its_operation() -> None:
    sent = published()
    stacks.CLIENT_REQUEST_TOKEN.set("exec-1")

    stacks._add_event(STACK_ID, "platform-local-users", "platform-local-users", STACK, "UPDATE_FAILED", "No space.")

    [event] = sent
    assert (event["Source"], event["DetailType"]) == ("aws.cloudformation", "CloudFormation Stack Status Change")
    assert (event["EventBusName"], event["Resources"]) == ("default", [STACK_ID])
    assert json.loads(event["Detail"]) == {
        "stack-id": STACK_ID,
        "status-details": {"status": "UPDATE_FAILED", "status-reason": "No space."},
        "client-request-token": "exec-1",
    }


def test_a_status_of_a_resource_or_of_a_nested_stack_is_no_event() -> None:
    sent = published()

    stacks._add_event(STACK_ID, "platform-local-users", "Table", TABLE, "UPDATE_COMPLETE")
    stacks._add_event(STACK_ID, "platform-local-users", "Nested", STACK, "UPDATE_COMPLETE")

    assert not sent
    assert len(stacks_events()) == 2


def stacks_events() -> list[dict[str, Any]]:
    from ministack.services.cloudformation import _stack_events  # noqa: PLC0415 - the package is being imported before

    found: list[dict[str, Any]] = _stack_events[STACK_ID]
    return found
