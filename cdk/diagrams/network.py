"""The network diagram: the connections that security groups and routes allow."""

from cdk.diagrams.mermaid import Flowchart
from cdk.diagrams.reachability import INTERNET, Network
from cdk.diagrams.stack_graph import Resource, Stacks

_SUBNETS = {
    "public": "Public subnets",
    "nat": "Private subnets, out through NAT",
    "isolated": "Private subnets, no way out",
}


def network_of(stacks: Stacks) -> Flowchart:
    """Draw the security groups in their subnets, and every network path with its protocol and ports."""
    chart, network = Flowchart("LR"), Network(stacks)
    chart.node(INTERNET, INTERNET, "any client", style="outside")
    members = _members(network)
    vpc = stacks.only("AWS::EC2::VPC")
    with chart.frame("vpc", f"VPC {vpc.properties['CidrBlock']}"):
        for kind, title in _SUBNETS.items():
            here = sorted(name for name, (its_kind, _) in members.items() if its_kind == kind)
            if here:
                with chart.frame(kind, title):
                    for name in here:
                        chart.node(name, name, "security group", *members[name][1])
    for path in network.paths():
        for end in (path.source, path.target):
            chart.node(end, end, "outside the VPC", style="outside")
        chart.arrow(path.source, path.target, f"{path.protocol} {path.ports}")
    chart.node("functions", "The services' functions", "AWS Lambda", "Called through AWS's API, only by this balancer.")
    chart.arrow("The internal load balancer", "functions", "invoke")
    return chart


def _members(network: Network) -> dict[str, tuple[str, list[str]]]:
    """Map each security group in use to the kind of its subnets and to the titles of its members."""
    found: dict[str, tuple[str, list[str]]] = {}
    groups = network.security_groups()
    for resource, kind in network.subnet_kinds().items():
        for group in groups[resource]:
            found.setdefault(group, (kind, []))[1].append(_title(resource))
    return found


def _title(resource: Resource) -> str:
    match resource.type:
        case "AWS::ECS::Service":
            return "Traefik on ECS Fargate"
        case "AWS::EC2::VPCEndpoint":
            return str(resource.properties["ServiceName"]).split(".", 3)[3]
        case _:
            return f"ALB, {resource.properties['Scheme']}"
