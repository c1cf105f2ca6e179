"""What a deployment needs of an account, read from what would be deployed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cdk.settings.environment import Environment
from operate.deployed.synthesis import Stack

_PARAMETER = "AWS::SSM::Parameter::Value<"
_PLACED = re.compile(r"\$\{AWS::(\w+)\}")


@dataclass(frozen=True)
class Plan:
    """An environment, and its stacks as they would be deployed."""

    environment: Environment
    stacks: Sequence[Stack]

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region that something is deployed to; the environment's own is the first."""
        return tuple(dict.fromkeys([self.environment.region, *(stack.region for stack in self.stacks)]))

    def in_region(self, region: str) -> list[Stack]:
        """List the stacks of a region."""
        return [stack for stack in self.stacks if stack.region == region]

    def properties(self, resource_type: str, stacks: Sequence[Stack] | None = None) -> list[Mapping[str, Any]]:
        """List the properties of every resource of a type."""
        chosen = self.stacks if stacks is None else stacks
        return [each.get("Properties", {}) for stack in chosen for each in stack.of_type(resource_type).values()]

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Region and name of each SSM parameter that CloudFormation reads, that of the bootstrap excepted."""
        return tuple(
            (stack.region, str(each["Default"]))
            for stack in self.stacks
            for each in stack.template.get("Parameters", {}).values()
            if str(each["Type"]).startswith(_PARAMETER) and each.get("Default") != stack.bootstrap_parameter
        )

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The ids of the hosted zones that records are written to and that no stack makes itself."""
        records = self.properties("AWS::Route53::RecordSet")
        certificates = self.properties("AWS::CertificateManager::Certificate")
        validations = [each for certificate in certificates for each in certificate.get("DomainValidationOptions", ())]
        found = [each.get("HostedZoneId") for each in (*records, *validations)]
        return tuple(dict.fromkeys(each for each in found if isinstance(each, str)))

    @cached_property
    def certificate_names(self) -> tuple[str, ...]:
        """The names that certificates are made for."""
        return tuple(str(each["DomainName"]) for each in self.properties("AWS::CertificateManager::Certificate"))

    def named(self, resource_type: str, key: str, account: str) -> Iterator[tuple[Stack, str]]:
        """Yield stack and name of each resource of a type that has a name of its own."""
        for stack in self.stacks:
            for each in stack.of_type(resource_type).values():
                name = each.get("Properties", {}).get(key)
                if name is not None and (resolved := resolve(name, account=account, region=stack.region)):
                    yield stack, resolved


def resolve(value: object, *, account: str, region: str) -> str | None:
    """Return the text that CloudFormation will make of a value, or None where only CloudFormation knows it."""
    known = {"AccountId": account, "Region": region, "Partition": "aws", "URLSuffix": "amazonaws.com"}
    match value:
        case str():
            return value
        case {"Ref": str(name)} if name.startswith("AWS::"):
            return known.get(name.removeprefix("AWS::"))
        case {"Fn::Sub": str(text)}:
            replaced = _PLACED.sub(lambda found: known.get(found[1], found[0]), text)
            return None if "${" in replaced else replaced
        case {"Fn::Join": [str(between), list(parts)]}:
            resolved = [resolve(part, account=account, region=region) for part in parts]
            return None if None in resolved else between.join(str(part) for part in resolved)
        case _:
            return None
