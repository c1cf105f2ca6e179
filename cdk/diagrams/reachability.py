"""Who can open a connection to whom, by the templates: subnets, route tables, security groups, and who is in them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk.diagrams.stack_graph import Json, Resource, Stacks

INTERNET = "Internet"
EVERYWHERE = "0.0.0.0/0"
# What a rule names on its other side.
_PEERS = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourcePrefixListId"),
    *("DestinationSecurityGroupId", "DestinationPrefixListId"),
)
# What runs in a subnet: where it says in which, and in which groups it is.
_PLACED: Mapping[str, tuple[Callable[[Json], Any], Callable[[Json], Any]]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (lambda p: p["Subnets"], lambda p: p["SecurityGroups"]),
    "AWS::ECS::Service": (
        lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"],
        lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"],
    ),
    "AWS::EC2::VPCEndpoint": (lambda p: p.get("SubnetIds"), lambda p: p.get("SecurityGroupIds")),
}
# What else may name a subnet or a group, and runs in neither.
_CONNECTING = {
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
}
# As a rule names them, and as people do; every other one has a number.
_PROTOCOLS = {"-1": "every protocol"}


@dataclass(frozen=True, order=True)
class Way:
    """From where a connection can be opened to where, on which ports, and by which protocol."""

    source: str
    target: str
    ports: str
    protocol: str = "TCP"


@dataclass(frozen=True)
class _Rule:
    group: Resource
    peer: Resource | str
    ports: str
    protocol: str

    @property
    def what(self) -> tuple[str, str]:
        return self.ports, self.protocol


class Network:
    """The security groups of some stacks, what is in them, and which subnets have a way to the Internet.

    A connection needs both sides: the source's group lets it out, and the target's group lets it in.

    Raises:
        ValueError: Something is in a subnet or a group of which nobody said here how to find it out.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        known = _PLACED.keys() | _CONNECTING
        for resource in stacks.every():
            named = {each.type for each in stacks.within(resource.stack, resource.properties)}
            if resource.type not in known and named & {"AWS::EC2::Subnet", "AWS::EC2::SecurityGroup"}:
                raise ValueError(
                    f"{resource.name} is in the network, and nobody knows of {resource.type} what it opens"
                )

    def ways(self) -> list[Way]:
        """Every way there is, each once."""
        return sorted({*self._out(), *self._into()})

    def _out(self) -> Iterator[Way]:
        into = {(rule.peer, rule.group, rule.what) for rule in self._rules("Ingress")}
        for rule in self._rules("Egress"):
            if isinstance(rule.peer, str):
                yield Way(group_name(rule.group), _beyond(rule.peer), *rule.what)
            elif (rule.group, rule.peer, rule.what) in into:
                yield Way(group_name(rule.group), group_name(rule.peer), *rule.what)
            else:
                # It opens nothing today, but the other side may be one line away: it counts.
                yield Way(group_name(rule.group), f"{group_name(rule.peer)}, which does not let it in", *rule.what)

    def _into(self) -> Iterator[Way]:
        out = {(rule.group, rule.peer, rule.what) for rule in self._rules("Egress")}
        for rule in self._rules("Ingress"):
            if isinstance(rule.peer, str):
                yield Way(_beyond(rule.peer), group_name(rule.group), *rule.what)
            elif (rule.peer, rule.group, rule.what) not in out:
                yield Way(f"{group_name(rule.peer)}, which does not let it out", group_name(rule.group), *rule.what)

    def placed(self) -> dict[Resource, str]:
        """Which kind of subnet each load balancer, service and endpoint is in: `public`, `nat` or `isolated`."""
        found: dict[Resource, str] = {}
        for kind, (subnets_of, _) in _PLACED.items():
            for resource in self._stacks.of(kind):
                if subnets := subnets_of(resource.properties):
                    kinds = {self.kind_of_subnet(self._stacks.named(resource.stack, subnet)) for subnet in subnets}
                    if len(kinds) != 1:
                        raise ValueError(f"{resource.name} is in subnets of several kinds: {sorted(kinds)}")
                    found[resource] = kinds.pop()
        return found

    def groups(self) -> dict[Resource, list[str]]:
        """In which security groups each load balancer, service and endpoint is, by the groups' names."""
        found: dict[Resource, list[str]] = {}
        for kind, (_, groups_of) in _PLACED.items():
            for resource in self._stacks.of(kind):
                if references := groups_of(resource.properties):
                    groups = [self._stacks.named(resource.stack, each) for each in references]
                    found[resource] = [each if isinstance(each, str) else group_name(each) for each in groups]
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
        protocol = str(rule["IpProtocol"])
        ports = f"{start}" if start == end else f"{start}-{end}"
        return _Rule(group, peer, ports, _PROTOCOLS.get(protocol, protocol.upper()))


def group_name(group: Resource) -> str:
    """Return what a security group is about: its description up to the first colon."""
    return str(group.properties["GroupDescription"]).partition(":")[0].rstrip(".")


def _beyond(peer: str) -> str:
    if peer.startswith("pl-"):
        return "S3"
    return INTERNET if peer == EVERYWHERE else peer
