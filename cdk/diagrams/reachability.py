"""The network paths that the templates allow, derived from subnets, route tables, security groups and their members."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk.diagrams.stack_graph import Json, Resource, Stacks

INTERNET = "Internet"
EVERYWHERE = "0.0.0.0/0"
# The properties of a rule that name its peer.
_PEERS = (
    *("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "SourcePrefixListId"),
    *("DestinationSecurityGroupId", "DestinationPrefixListId"),
)
# The resources in subnets: functions that return their subnets and their security groups.
_MEMBERS: Mapping[str, tuple[Callable[[Json], Any], Callable[[Json], Any]]] = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (lambda p: p["Subnets"], lambda p: p["SecurityGroups"]),
    "AWS::ECS::Service": (
        lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"],
        lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"],
    ),
    "AWS::EC2::VPCEndpoint": (lambda p: p.get("SubnetIds"), lambda p: p.get("SecurityGroupIds")),
}
# The types that refer to a subnet or a group without being a member.
_CONNECTING = {
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
}
# The protocol numbers of a rule that are spelled out for readers.
_PROTOCOLS = {"-1": "every protocol"}


@dataclass(frozen=True, order=True)
class NetworkPath:
    """A connection that a source can open to a target."""

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
    def traffic(self) -> tuple[str, str]:
        return self.ports, self.protocol


class Network:
    """The security groups of some stacks, their members, and the routes of their subnets.

    A connection needs both sides: the source's group must allow it out, and the target's group must allow it in.

    Raises:
        ValueError: A resource of an unknown type is in a subnet or a security group.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        known = _MEMBERS.keys() | _CONNECTING
        for resource in stacks.resources():
            named = {each.type for each in stacks.references_in(resource.stack, resource.properties)}
            if resource.type not in known and named & {"AWS::EC2::Subnet", "AWS::EC2::SecurityGroup"}:
                raise ValueError(f"{resource.name} is in the network, but the paths of {resource.type} are not known")

    def paths(self) -> list[NetworkPath]:
        """Return every path, each once."""
        return sorted({*self._egress(), *self._ingress()})

    def _egress(self) -> Iterator[NetworkPath]:
        ingress = {(rule.peer, rule.group, rule.traffic) for rule in self._rules("Ingress")}
        for rule in self._rules("Egress"):
            target = _peer_name(rule.peer)
            if isinstance(rule.peer, Resource) and (rule.group, rule.peer, rule.traffic) not in ingress:
                # Half a path opens nothing, but the other half may be one line away, so it is reported.
                target += ", which does not let it in"
            yield NetworkPath(group_name(rule.group), target, *rule.traffic)

    def _ingress(self) -> Iterator[NetworkPath]:
        egress = {(rule.group, rule.peer, rule.traffic) for rule in self._rules("Egress")}
        for rule in self._rules("Ingress"):
            source = _peer_name(rule.peer)
            if isinstance(rule.peer, Resource):
                if (rule.peer, rule.group, rule.traffic) in egress:
                    continue  # `_egress` has this path
                source += ", which does not let it out"
            yield NetworkPath(source, group_name(rule.group), *rule.traffic)

    def subnet_kinds(self) -> dict[Resource, str]:
        """Map each load balancer, service and endpoint to the kind of its subnets: `public`, `nat` or `isolated`."""
        found: dict[Resource, str] = {}
        for kind, (subnets_of, _) in _MEMBERS.items():
            for resource in self._stacks.of_type(kind):
                if subnets := subnets_of(resource.properties):
                    kinds = {self.kind_of_subnet(self._stacks.resolve(resource.stack, subnet)) for subnet in subnets}
                    if len(kinds) != 1:
                        raise ValueError(f"{resource.name} is in subnets of several kinds: {sorted(kinds)}")
                    found[resource] = kinds.pop()
        return found

    def security_groups(self) -> dict[Resource, list[str]]:
        """Map each load balancer, service and endpoint to the names of its security groups."""
        found: dict[Resource, list[str]] = {}
        for kind, (_, groups_of) in _MEMBERS.items():
            for resource in self._stacks.of_type(kind):
                if references := groups_of(resource.properties):
                    groups = [self._stacks.resolve(resource.stack, each) for each in references]
                    found[resource] = [each if isinstance(each, str) else group_name(each) for each in groups]
        return found

    def kind_of_subnet(self, subnet: Resource | str) -> str:
        """Return the kind of a subnet by its routes: `public`, `nat` or `isolated`."""
        tables = {
            self._of(each, "RouteTableId")
            for each in self._stacks.of_type("AWS::EC2::SubnetRouteTableAssociation")
            if self._of(each, "SubnetId") == subnet
        }
        routes = [each for each in self._stacks.of_type("AWS::EC2::Route") if self._of(each, "RouteTableId") in tables]
        for route in routes:
            if route.properties["DestinationCidrBlock"] != EVERYWHERE:
                destination = route.properties["DestinationCidrBlock"]
                raise ValueError(f"{route.name} leads to {destination}; expected only {EVERYWHERE}")
        if any("GatewayId" in route.properties for route in routes):
            return "public"
        return "nat" if routes else "isolated"

    def _of(self, resource: Resource, key: str) -> Resource | str:
        return self._stacks.resolve(resource.stack, resource.properties[key])

    def _rules(self, direction: str) -> Iterator[_Rule]:
        for group in self._stacks.of_type("AWS::EC2::SecurityGroup"):
            for rule in group.properties.get(f"SecurityGroup{direction}", []):
                # The CDK writes this rule to allow no egress.
                if rule.get("CidrIp") != "255.255.255.255/32":
                    yield self._rule(group, group.stack, rule)
        for each in self._stacks.of_type(f"AWS::EC2::SecurityGroup{direction}"):
            group_or_text = self._of(each, "GroupId")
            if isinstance(group_or_text, str):
                raise ValueError(f"{each.name} is a rule of {group_or_text}, which is in no stack")  # noqa: TRY004 - a fault of the template
            yield self._rule(group_or_text, each.stack, each.properties)

    def _rule(self, group: Resource, stack: str, rule: Json) -> _Rule:
        [peer] = [self._stacks.resolve(stack, rule[key]) for key in _PEERS if key in rule]
        start, end = rule.get("FromPort", "all"), rule.get("ToPort", "all")
        protocol = str(rule["IpProtocol"])
        ports = f"{start}" if start == end else f"{start}-{end}"
        return _Rule(group, peer, ports, _PROTOCOLS.get(protocol, protocol.upper()))


def group_name(group: Resource) -> str:
    """Return the name of a security group: its description up to the first colon."""
    return str(group.properties["GroupDescription"]).partition(":")[0].rstrip(".")


def _peer_name(peer: Resource | str) -> str:
    if isinstance(peer, Resource):
        return group_name(peer)
    if peer.startswith("pl-"):
        return "S3"
    return INTERNET if peer == EVERYWHERE else peer
