"""The sources and types of events that a role may publish."""

import json

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam

from tests.local.embedded_aws.iam.roles import set_up
from tests.local.embedded_aws.resources import arn

BUS = arn("events", "event-bus/platform-local")
OWN = ("users", "UserCreated.v1")


def may_publish(key: str, *entries: tuple[str, str]) -> bool:
    condition = {"events:source": "users", "events:detail-type": ["UserCreated.v1", "UserUpdated.v1"]}
    statement = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": BUS,
        "Condition": {"ForAllValues:StringEquals": condition},
    }
    iam._roles["r"] = {
        "RoleName": "r",
        "Arn": "arn:aws:iam::000000000000:role/r",
        "AttachedPolicies": [],
        "InlinePolicies": {"p": json.dumps({"Version": "2012-10-17", "Statement": [statement]})},
    }
    body = json.dumps({"Entries": [{"Source": source, "DetailType": kind, "Detail": "{}"} for source, kind in entries]})
    keys = iam_actions.request_tag_context("events", "events:PutEvents", body.encode(), {})
    asked = {"resource_arn": BUS, "service_context": keys}
    return iam_evaluator.enforce(key, "events:PutEvents", "events", "eu-west-1", **asked) is None


def test_a_role_publishes_only_the_events_of_its_policy() -> None:
    key = set_up()

    assert may_publish(key, OWN)
    assert may_publish(key, OWN, ("users", "UserUpdated.v1"))
    assert not may_publish(key, ("operations", "DeploymentRequested.v1"))
    assert not may_publish(key, OWN, ("operations", "DeploymentRequested.v1"))
    assert not may_publish(key, ("users", "DeploymentRequested.v1"))
    assert not may_publish(key, ("operations", "UserCreated.v1"))


def test_a_malformed_call_is_left_to_the_bus() -> None:
    for body in (b"", b"[]", b"{}", b'{"Entries": 1}', b'{"Entries": ["x"]}'):
        assert not any(iam_actions.request_tag_context("events", "events:PutEvents", body, {}).values())
