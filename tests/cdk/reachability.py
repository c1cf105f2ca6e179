"""Who can open a connection to whom, worked out from the templates: subnets, route tables, security groups."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.cdk.templates import Json, Template

INTERNET = "Internet"
EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, order=True)
class Way:
    """From where a connection can be opened to where, and on which ports."""

    source: str
    target: str
    ports: str


@dataclass(frozen=True)
class _Rule:
    group: str
    peer: str
    ports: str

    def turned(self) -> "_Rule":
        """The same connection as the other side's rule has it."""
        return _Rule(self.peer, self.group, self.ports)


class Network:
    """The security groups of some stacks, what is in them, and which subnets have a way to the Internet.

    A connection needs both sides: the source's group lets it out, and the target's group lets it in.
    """

    def __init__(self, *stacks: Template) -> None:
        self._exports = {
            output["Export"]["Name"]: output["Value"]
            for stack in stacks
            for output in stack.content["Outputs"].values()
            if "Export" in output
        }
        self._resources: dict[str, Json] = {}
        for stack in stacks:
            for name, resource in stack.content["Resources"].items():
                assert self._resources.setdefault(name, resource) is resource, f"{name} is in two stacks"

    def ways(self) -> list[Way]:
        """Every way there is, each once."""
        groups = {name: resource["Properties"] for name, resource in self._of("AWS::EC2::SecurityGroup")}
        names = {name: _what(properties["GroupDescription"]) for name, properties in groups.items()}
        out, into = set(self._rules("Egress", groups)), set(self._rules("Ingress", groups))
        return sorted({*self._from_groups(out, into, names), *self._into_groups(out, into, names)})

    def _from_groups(self, out: set[_Rule], into: set[_Rule], names: Mapping[str, str]) -> Iterator[Way]:
        for rule in out:
            if rule.peer not in names:
                yield Way(names[rule.group], _beyond(rule), rule.ports)
            elif rule.turned() in into:
                yield Way(names[rule.group], names[rule.peer], rule.ports)
            else:
                # It opens nothing today, but the other side may be one line away: it counts.
                yield Way(names[rule.group], f"{names[rule.peer]}, which does not let it in", rule.ports)

    def _into_groups(self, out: set[_Rule], into: set[_Rule], names: Mapping[str, str]) -> Iterator[Way]:
        for rule in into:
            if rule.peer not in names:
                yield Way(_beyond(rule), names[rule.group], rule.ports)
            elif rule.turned() not in out:
                yield Way(f"{names[rule.peer]}, which does not let it out", names[rule.group], rule.ports)

    def placed(self) -> dict[str, str]:
        """Which kind of subnet each load balancer, service and endpoint is in: `public`, `nat` or `isolated`."""
        found: dict[str, str] = {}
        for kind, subnets_of in _PLACED.items():
            for name, resource in self._of(kind):
                subnets = subnets_of(resource["Properties"])
                if subnets:
                    kinds = {self._kind_of_subnet(self._name(subnet)) for subnet in subnets}
                    assert len(kinds) == 1, f"{name} is in subnets of several kinds: {kinds}"
                    found[name] = kinds.pop()
        return found

    def _rules(self, direction: str, groups: dict[str, Json]) -> Iterator[_Rule]:
        for name, properties in groups.items():
            for rule in properties.get(f"SecurityGroup{direction}", []):
                # How the CDK says that a group lets nothing out.
                if rule.get("CidrIp") != "255.255.255.255/32":
                    yield self._rule(name, rule)
        for _, resource in self._of(f"AWS::EC2::SecurityGroup{direction}"):
            yield self._rule(self._name(resource["Properties"]["GroupId"]), resource["Properties"])

    def _rule(self, group: str, rule: Json) -> _Rule:
        peers = (
            "CidrIp",
            "CidrIpv6",
            "SourceSecurityGroupId",
            "DestinationSecurityGroupId",
            "DestinationPrefixListId",
            "SourcePrefixListId",
        )
        [peer] = [self._name(rule[key]) for key in peers if key in rule]
        start, end = rule.get("FromPort", "all"), rule.get("ToPort", "all")
        return _Rule(group, peer, f"{start}" if start == end else f"{start}-{end}")

    def _kind_of_subnet(self, subnet: str) -> str:
        tables = {
            self._name(r["Properties"]["RouteTableId"])
            for _, r in self._of("AWS::EC2::SubnetRouteTableAssociation")
            if self._name(r["Properties"]["SubnetId"]) == subnet
        }
        routes = [
            r["Properties"]
            for _, r in self._of("AWS::EC2::Route")
            if self._name(r["Properties"]["RouteTableId"]) in tables
        ]
        assert all(route["DestinationCidrBlock"] == EVERYWHERE for route in routes)
        if any("GatewayId" in route for route in routes):
            return "public"
        return "nat" if routes else "isolated"

    def _of(self, resource_type: str) -> Iterable[tuple[str, Json]]:
        return [(name, r) for name, r in self._resources.items() if r["Type"] == resource_type]

    def _name(self, reference: Any) -> str:
        """The logical id behind a reference, in this stack or another; a text as it is."""
        match reference:
            case {"Fn::ImportValue": str(name)}:
                return self._name(self._exports[name])
            case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)}:
                return name
            case str(text):
                return text
        raise AssertionError(f"This is no reference that can be followed: {reference}")


def _what(description: str) -> str:
    return description.partition(":")[0].rstrip(".")


def _beyond(rule: _Rule) -> str:
    if rule.peer.startswith("pl-"):
        return "S3"
    return INTERNET if rule.peer == EVERYWHERE else rule.peer


_PEERS = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourcePrefixListId"),
    *("DestinationSecurityGroupId", "DestinationPrefixListId"),
)
_PLACED: Mapping[str, Callable[[Json], Any]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": lambda p: p["Subnets"],
    "AWS::ECS::Service": lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"],
    "AWS::EC2::VPCEndpoint": lambda p: p.get("SubnetIds"),
}
