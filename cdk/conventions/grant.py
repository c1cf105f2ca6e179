"""Grants of actions to roles, with a reason for each action that no end-to-end test calls.

The reasons are metadata of the role's policy. `tests/privileges` compares grants and reasons with the calls that a run
of the end-to-end tests records.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import IConstruct

METADATA_KEY = "untested"
# In place of a statement's name: the reason applies to every action of a role that the laptop does not have.
EVERYTHING = "*"
# The actions on a key that a reader and a writer of encrypted data need. A writer gets a data key, and decrypts it
# again for the next messages or parts:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_READ = ("kms:Decrypt",)
KEY_WRITE = ("kms:Decrypt", "kms:GenerateDataKey")


def allow(
    role: iam.Role | iam.Policy,
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str],
    *,
    conditions: Mapping[str, Any] | None = None,
    untested: str | Mapping[str, str] = "",
) -> None:
    """Allow a role to take these actions on these resources.

    Args:
        role: The role, the policy of which gets the statement; or a policy of its own.
        sid: The statement's name, of letters and digits, unique in the policy.
        actions: Without wildcards.
        resources: Their ARNs.
        conditions: In the form of IAM.
        untested: The reason why no end-to-end test calls the actions; a mapping gives it for some of the actions.
    """
    named = list(actions)
    statement = iam.PolicyStatement(sid=sid, actions=named, resources=list(resources), conditions=conditions)
    if isinstance(role, iam.Policy):
        role.add_statements(statement)
    else:
        role.add_to_policy(statement)
    given = dict.fromkeys(named, untested) if isinstance(untested, str) else untested
    reasons = {action: given[action] for action in named if given.get(action)}
    if reasons:
        policy = role if isinstance(role, iam.Policy) else role.node.find_child("DefaultPolicy")
        _add_reasons(policy, {sid: reasons})


def only_on_aws(construct: IConstruct, reason: str) -> None:
    """Give the reason why a role or its policy is not on the laptop, where the end-to-end tests run."""
    _add_reasons(construct, {EVERYTHING: reason})


def has_untested_statement(role: iam.Role, sid: str) -> bool:
    """Return True if the role has a statement of this name with a reason why no test calls its actions."""
    policy = role.node.try_find_child("DefaultPolicy")
    return policy is not None and sid in _reasons(policy)


def _reasons(construct: IConstruct) -> dict[str, Any]:
    return dict(_resource(construct).get_metadata(METADATA_KEY) or {})


def _add_reasons(construct: IConstruct, more: Mapping[str, Any]) -> None:
    _resource(construct).add_metadata(METADATA_KEY, {**_reasons(construct), **more})


def _resource(construct: IConstruct) -> CfnResource:
    return construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
