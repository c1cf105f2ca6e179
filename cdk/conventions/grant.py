"""What a role may do; and where the end-to-end tests do not see it do so, the reason, noted on its policy.

`tests/privileges` holds both against the calls that a run of these tests records.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import IConstruct

METADATA_KEY = "uncalled"
# Of a role that the laptop does not have: the reason is about all of it.
EVERYTHING = "*"
# The actions on a key that reading and writing encrypted data take. A writer gets a data key, and decrypts it again for
# the next messages or parts:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
KEY_READ = ("kms:Decrypt",)
KEY_WRITE = ("kms:Decrypt", "kms:GenerateDataKey")


def allow(
    role: iam.Role,
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str],
    *,
    conditions: Mapping[str, Any] | None = None,
    uncalled: str | Mapping[str, str] = "",
) -> None:
    """Allow a role these actions on these resources, and no more.

    Args:
        role: Whose policy gets the statement.
        sid: The statement's name, of letters and digits; the policy has no other of this name.
        actions: Without wildcards.
        resources: Their ARNs.
        conditions: As IAM takes them.
        uncalled: Why no end-to-end test makes these calls; for some of the actions, by action.
    """
    named = list(actions)
    role.add_to_policy(
        iam.PolicyStatement(sid=sid, actions=named, resources=list(resources), conditions=conditions),
    )
    given = dict.fromkeys(named, uncalled) if isinstance(uncalled, str) else uncalled
    reasons = {action: given[action] for action in named if given.get(action)}
    if reasons:
        _note(role.node.find_child("DefaultPolicy"), {sid: reasons})


def only_on_aws(construct: IConstruct, reason: str) -> None:
    """Say why a role or its policy is not on the laptop, where nobody sees what it does."""
    _note(construct, {EVERYTHING: reason})


def noted(role: iam.Role, sid: str) -> bool:
    """Tell whether a role has a statement of this name whose calls nobody sees."""
    policy = role.node.try_find_child("DefaultPolicy")
    return policy is not None and sid in _said(policy)


def _said(construct: IConstruct) -> dict[str, Any]:
    return dict(_resource(construct).get_metadata(METADATA_KEY) or {})


def _note(construct: IConstruct, more: Mapping[str, Any]) -> None:
    _resource(construct).add_metadata(METADATA_KEY, {**_said(construct), **more})


def _resource(construct: IConstruct) -> CfnResource:
    return construct if isinstance(construct, CfnResource) else cast("CfnResource", construct.node.default_child)
