"""The calls that CodeDeploy makes with the service role of a deployment group, decided by IAM.

Relies on the policies of roles in `iam` and on `iam_evaluator.evaluate`. As on AWS, CodeDeploy has no other rights.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from local.embedded_aws.iam.role_calls import record

_SERVICE = "codedeploy.amazonaws.com"
_SESSION = "CodeDeploy"


class RoleRefusedError(Exception):
    """The role may not do what CodeDeploy has to do; the message names the action and the resource."""


class ServiceRole:
    """The service role of a deployment group, by its ARN."""

    def __init__(self, arn: str) -> None:
        self._name = arn.rpartition("/")[2]
        self._principal = f"arn:aws:sts::{get_account_id()}:assumed-role/{self._name}/{_SESSION}"

    def is_assumable(self) -> bool:
        """Return True if the role exists and trusts CodeDeploy."""
        role: dict[str, Any] | None = iam._roles.get_scoped(get_account_id(), None, self._name)
        if role is None:
            return False
        document = role.get("AssumeRolePolicyDocument") or "{}"
        return _SERVICE in (document if isinstance(document, str) else str(document))

    def require(self, action: str, resource: str) -> None:
        """Raise RoleRefusedError unless the role may do this."""
        asked = iam_evaluator.EvalContext(
            principal_arn=self._principal,
            principal_type="AssumedRole",
            principal_account=get_account_id(),
            action=action,
            resource_arn=resource,
            region=get_region(),
            secure_transport=True,
        )
        policies = iam_evaluator._gather_role_policies(self._name, get_account_id())
        allowed = iam_evaluator.evaluate(asked, policies).decision == "Allow"
        record(self._principal, action, resource, allowed=allowed)
        if not allowed:
            raise RoleRefusedError(
                f"The IAM role {self._name} does not give CodeDeploy permission to perform {action} on {resource}."
            )
