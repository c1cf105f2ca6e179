"""Read and move an alias with the service role of a deployment group, through Lambda's own operations."""

import json
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from local.embedded_aws.codedeploy.app_spec import AppSpec
from local.embedded_aws.codedeploy.service_role import ServiceRole


class AliasMismatchError(Exception):
    """The alias is not as the deployment expects it; the message says how it is."""


class AliasTraffic:
    """The traffic of the alias that an AppSpec names."""

    def __init__(self, spec: AppSpec, role: ServiceRole) -> None:
        self._spec = spec
        self._role = role
        self._function = spec.function.rpartition(":function:")[2].partition(":")[0] or spec.function
        self._arn = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{self._function}"

    def require_current(self) -> None:
        """Raise AliasMismatchError unless all traffic goes to the version that the AppSpec calls current.

        CodeDeploy compares before it moves traffic, and leaves an alias that differs:
        https://github.com/aws/serverless-application-model/issues/291
        """
        alias = self._get()
        name = f"{self._function}:{self._spec.alias}"
        if alias["FunctionVersion"] != self._spec.current or alias.get("RoutingConfig"):
            raise AliasMismatchError(
                f"The current version {alias['FunctionVersion']} of the alias {name} does not match the version "
                f"{self._spec.current} in the AppSpec."
            )
        if self._spec.current == self._spec.target:
            raise AliasMismatchError(f"The versions {self._spec.current} of {name} in the AppSpec are the same.")
        if self._spec.target not in lambda_svc._functions[self._function]["versions"]:
            raise AliasMismatchError(f"The function {self._function} has no version {self._spec.target}.")

    def shift(self, percent: float) -> None:
        """Give the new version this share of the traffic, 0 to 100."""
        if percent >= 100:  # noqa: PLR2004 - per cent
            self._update(self._spec.target, {})
        elif percent <= 0:
            self._update(self._spec.current, {})
        else:
            self._update(self._spec.current, {self._spec.target: percent / 100})

    def _get(self) -> dict[str, Any]:
        self._role.require("lambda:GetAlias", self._arn)
        self._role.require("lambda:GetProvisionedConcurrencyConfig", f"{self._arn}:{self._spec.alias}")
        status, _, body = lambda_svc._get_alias(self._function, self._spec.alias)
        answer: dict[str, Any] = json.loads(body)
        if status >= 400:  # noqa: PLR2004 - HTTP
            raise AliasMismatchError(str(answer.get("message")))
        return answer

    def _update(self, version: str, weights: dict[str, float]) -> None:
        self._role.require("lambda:UpdateAlias", self._arn)
        moved = {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}}
        status, _, body = lambda_svc._update_alias(self._function, self._spec.alias, moved)
        if status >= 400:  # noqa: PLR2004 - HTTP
            raise AliasMismatchError(str(json.loads(body).get("message")))


def put_back(function: str, alias: str, version: str) -> None:
    """Give a version all traffic, whatever the alias has now; used if a deployment was interrupted."""
    moved = {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": {}}}
    lambda_svc._update_alias(function, alias, moved)
