"""The alias `live` of each function of a service, and the versions behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.shared.interface.names import ALIAS

LATEST = "$LATEST"


@dataclass(frozen=True, kw_only=True)
class Alias:
    """The alias of a function at one moment.

    Attributes:
        function: The full name of the function, such as `platform-dev-users-api`.
        version: The version that gets all traffic, except that of the weights.
        weights: The share of the traffic, 0 to 1, of other versions; a canary has one.
        revision: Changes with each change of the alias.
    """

    function: str
    version: str
    weights: Mapping[str, float]
    revision: str

    @property
    def is_split(self) -> bool:
        """True while a canary is under way."""
        return bool(self.weights)


class LambdaAliases:
    """The aliases `live` of an environment's functions on AWS Lambda."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a boto3 client
        self._lambda = client

    def find(self, function: str) -> Alias | None:
        """Return the alias of a function, or None if the function is not deployed."""
        try:
            found = self._lambda.get_alias(FunctionName=function, Name=ALIAS)
        except self._lambda.exceptions.ResourceNotFoundException:
            return None
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}
        return Alias(function=function, version=found["FunctionVersion"], weights=weights, revision=found["RevisionId"])

    def move(self, alias: Alias, version: str) -> None:
        """Point an alias at one version, without weights, unless it changed since it was read.

        Raises:
            ClientError: `PreconditionFailedException` if the alias changed, or another refusal of Lambda.
        """
        self._lambda.update_alias(
            FunctionName=alias.function,
            Name=ALIAS,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
            RevisionId=alias.revision,
        )

    def versions(self, function: str) -> list[Mapping[str, Any]]:
        """Return the published versions of a function, the oldest first, as Lambda describes them."""
        pages = self._lambda.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        found = [version for page in pages for version in page["Versions"] if version["Version"] != LATEST]
        return sorted(found, key=lambda version: int(version["Version"]))

    def delete(self, function: str, version: str) -> None:
        """Delete a version; one that does not exist counts as deleted.

        Raises:
            ClientError: `ResourceConflictException` if an alias points to it, or another refusal of Lambda.
        """
        try:
            self._lambda.delete_function(FunctionName=function, Qualifier=version)
        except self._lambda.exceptions.ResourceNotFoundException:
            return

    def in_use(self, function: str) -> frozenset[str]:
        """Return the versions that any alias of a function points to, with or without a weight."""
        pages = self._lambda.get_paginator("list_aliases").paginate(FunctionName=function)
        found = [alias for page in pages for alias in page["Aliases"]]
        weighted = [alias.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {} for alias in found]
        return frozenset(
            [*(alias["FunctionVersion"] for alias in found), *(name for each in weighted for name in each)]
        )

    def state(self, function: str, version: str) -> str | None:
        """Return the state of a version, such as `Active` or `Inactive`; None if the version does not exist."""
        try:
            found = self._lambda.get_function_configuration(FunctionName=function, Qualifier=version)
        except self._lambda.exceptions.ResourceNotFoundException:
            return None
        return str(found.get("State", "Active"))
