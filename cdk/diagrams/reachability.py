"""Who can open a connection to whom, worked out from the templates: subnets, route tables, security groups."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk.diagrams.stacks import Json, Resource, Stacks

INTERNET = "Internet"
EVERYWHERE = "0.0.0.0/0"
# What a rule names on its other side.
_PEERS = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourcePrefixListId"),
    *("DestinationSecurityGroupId", "DestinationPrefixListId"),
)
_PLACED: Mapping[str, Callable[[Json], Any]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": lambda p: p["Subnets"],
    "AWS::ECS::Service": lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"],
    "AWS::EC2::VPCEndpoint": lambda p: p.get("SubnetIds"),
}


@dataclass(frozen=True, order=True)
class Way:
    """From where a connection can be opened to where, and on which ports."""

    source: str
    target: str
    ports: str


@dataclass(frozen=True)
class _Rule:
    group: Resource
    peer: Resource | str
    ports: str


class Network:
    """The security groups of some stacks, what is in them, and which subnets have a way to the Internet.

    A connection needs both sides: the source's group lets it out, and the target's group lets it in.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def ways(self) -> list[Way]:
        """Every way there is, each once."""
        return sorted({*self._out(), *self._into()})

    def _out(self) -> Iterator[Way]:
        into = {(rule.peer, rule.group, rule.ports) for rule in self._rules("Ingress")}
        for rule in self._rules("Egress"):
            if isinstance(rule.peer, str):
                yield Way(group_name(rule.group), _beyond(rule.peer), rule.ports)
            elif (rule.group, rule.peer, rule.ports) in into:
                yield Way(group_name(rule.group), group_name(rule.peer), rule.ports)
            else:
                # It opens nothing today, but the other side may be one line away: it counts.
                yield Way(group_name(rule.group), f"{group_name(rule.peer)}, which does not let it in", rule.ports)

    def _into(self) -> Iterator[Way]:
        out = {(rule.group, rule.peer, rule.ports) for rule in self._rules("Egress")}
        for rule in self._rules("Ingress"):
            if isinstance(rule.peer, str):
                yield Way(_beyond(rule.peer), group_name(rule.group), rule.ports)
            elif (rule.peer, rule.group, rule.ports) not in out:
                yield Way(f"{group_name(rule.peer)}, which does not let it out", group_name(rule.group), rule.ports)

    def placed(self) -> dict[Resource, str]:
        """Which kind of subnet each load balancer, service and endpoint is in: `public`, `nat` or `isolated`."""
        found: dict[Resource, str] = {}
        for kind, subnets_of in _PLACED.items():
            for resource in self._stacks.of(kind):
                if subnets := subnets_of(resource.properties):
                    kinds = {self.kind_of_subnet(self._stacks.named(resource.stack, subnet)) for subnet in subnets}
                    if len(kinds) != 1:
                        raise ValueError(f"{resource.name} is in subnets of several kinds: {sorted(kinds)}")
                    found[resource] = kinds.pop()
        return found

    def kind_of_subnet(self, subnet: Resource | str) -> str:
        """Tell where a subnet's routes lead: `public`, `nat` or `isolated`."""
        tables = {
            self._of(each, "RouteTableId")
            for each in self._stacks.of("AWS::EC2::SubnetRouteTableAssociation")
            if self._of(each, "SubnetId") == subnet
        }
        routes = [each for each in self._stacks.of("AWS::EC2::Route") if self._of(each, "RouteTableId") in tables]
        for route in routes:
            if route.properties["DestinationCidrBlock"] != EVERYWHERE:
                raise ValueError(
                    f"{route.name} leads to {route.properties['DestinationCidrBlock']}, which is not known"
                )
        if any("GatewayId" in route.properties for route in routes):
            return "public"
        return "nat" if routes else "isolated"

    def _of(self, resource: Resource, key: str) -> Resource | str:
        return self._stacks.named(resource.stack, resource.properties[key])

    def _rules(self, direction: str) -> Iterator[_Rule]:
        for group in self._stacks.of("AWS::EC2::SecurityGroup"):
            for rule in group.properties.get(f"SecurityGroup{direction}", []):
                # How the CDK says that a group lets nothing out.
                if rule.get("CidrIp") != "255.255.255.255/32":
                    yield self._rule(group, group.stack, rule)
        for each in self._stacks.of(f"AWS::EC2::SecurityGroup{direction}"):
            group_or_text = self._of(each, "GroupId")
            if isinstance(group_or_text, str):
                raise ValueError(f"{each.name} is a rule of {group_or_text}, which is in no stack")  # noqa: TRY004 - a fault of the template
            yield self._rule(group_or_text, each.stack, each.properties)

    def _rule(self, group: Resource, stack: str, rule: Json) -> _Rule:
        [peer] = [self._stacks.named(stack, rule[key]) for key in _PEERS if key in rule]
        start, end = rule.get("FromPort", "all"), rule.get("ToPort", "all")
        return _Rule(group, peer, f"{start}" if start == end else f"{start}-{end}")


def group_name(group: Resource) -> str:
    """Return what a security group is about: its description up to the first colon."""
    return str(group.properties["GroupDescription"]).partition(":")[0].rstrip(".")


def _beyond(peer: str) -> str:
    if peer.startswith("pl-"):
        return "S3"
    return INTERNET if peer == EVERYWHERE else peer
