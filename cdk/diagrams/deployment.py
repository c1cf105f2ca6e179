"""The deployment diagram: regions, subnets, functions and data stores; and the diagram of stack dependencies."""

from collections.abc import Sequence

from cdk.diagrams.mermaid import Flowchart
from cdk.diagrams.reachability import Network
from cdk.diagrams.services import Service
from cdk.diagrams.stack_graph import Resource, Stacks


def deployment(stacks: Stacks, services: Sequence[Service], regions: dict[str, str]) -> Flowchart:
    """Draw the deployed resources in their regions and subnets.

    Args:
        stacks: The stacks of one environment.
        services: The services of the same environment.
        regions: The region of each stack, by the stack's name.
    """
    chart = Flowchart("LR")
    home = regions[stacks.only("AWS::EC2::VPC").stack]
    with chart.frame("region", home):
        _network(chart, stacks)
        with chart.frame("lambda", "AWS Lambda"):
            for service in services:
                lines = [_function(function, service) for function in service.functions]
                chart.node(service.name, service.name, _architecture(service), *lines)
        with chart.frame("data", "Data, encrypted with a key for each service"):
            for service in services:
                if stores := _data_stores(service):
                    chart.node(f"{service.name} data", service.name, ", ".join(stores), style="store")
                    chart.arrow(service.name, f"{service.name} data")
            _vaults(chart, stacks, regions, home, here=True)
        with chart.frame("shared", "Shared"):
            chart.node("bus", "Domain events", "EventBridge bus and archive")
            chart.node("pool", "User pool", "Amazon Cognito")
    chart.arrow("internal", "lambda", "calls the alias live")
    _vaults(chart, stacks, regions, home, here=False)
    return chart


def stack_order(stacks: Stacks) -> Flowchart:
    """Draw the dependencies of stacks; an arrow leads to the stack that is deployed first."""
    chart = Flowchart()
    for name, description in sorted(stacks.descriptions.items()):
        chart.node(name, name, "CloudFormation stack", description)
    for stack, other in stacks.dependencies():
        chart.arrow(stack, other)
    return chart


def _network(chart: Flowchart, stacks: Stacks) -> None:
    vpc, network = stacks.only("AWS::EC2::VPC"), Network(stacks)
    subnet_kinds = network.subnet_kinds()
    zones = dict.fromkeys(subnet_kinds.values(), 0)
    for subnet in stacks.of_type("AWS::EC2::Subnet"):
        zones[network.kind_of_subnet(subnet)] += 1
    with chart.frame("vpc", f"VPC {vpc.properties['CidrBlock']}"):
        for kind in sorted(zones, reverse=True):
            name = "Public subnets" if kind == "public" else "Private subnets"
            with chart.frame(kind, f"{name} in {zones[kind]} availability zones"):
                for resource in (each for each, its_kind in subnet_kinds.items() if its_kind == kind):
                    _resource(chart, stacks, resource)
    chart.arrow("public load balancer", "gateway")
    chart.arrow("gateway", "internal")


def _resource(chart: Flowchart, stacks: Stacks, resource: Resource) -> None:
    if resource.type == "AWS::ECS::Service":
        task, scaling = (
            stacks.only("AWS::ECS::TaskDefinition"),
            stacks.only("AWS::ApplicationAutoScaling::ScalableTarget"),
        )
        size = f"{int(task.properties['Cpu']) / 1024:g} vCPU, {int(task.properties['Memory']) / 1024:g} GB"
        count = f"{scaling.properties['MinCapacity']} to {scaling.properties['MaxCapacity']} tasks"
        holds = ", ".join(container["Name"] for container in task.properties["ContainerDefinitions"])
        chart.node("gateway", "Gateway", "ECS on Fargate", holds, f"{count} of {size}, {_cpu(task)}")
    elif resource.type == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        if resource.properties["Scheme"] == "internet-facing":
            chart.node("public load balancer", "Public load balancer", "ALB, AWS WAF")
        else:
            chart.node("internal", "Internal load balancer", "ALB")
    else:
        name = str(resource.properties["ServiceName"]).split(".", 3)[3]
        chart.node(f"endpoint {name}", name, "interface endpoint")


def _cpu(task: Resource) -> str:
    return str(task.properties["RuntimePlatform"]["CpuArchitecture"]).lower()


def _architecture(service: Service) -> str:
    found = {(str(each.properties["Runtime"]), *each.properties["Architectures"]) for each in service.functions}
    return ", ".join(sorted({part for each in found for part in each}))


def _function(function: Resource, service: Service) -> str:
    properties = function.properties
    facts = [f"{properties['MemorySize']} MB"]
    if "SnapStart" in properties:
        facts.append("SnapStart")
    if "ReservedConcurrentExecutions" in properties:
        facts.append(f"at most {properties['ReservedConcurrentExecutions']} at once")
    return f"{service.name_of(function)}: {', '.join(facts)}"


def _data_stores(service: Service) -> list[str]:
    kinds = (("table", service.tables), ("bucket", service.buckets), ("queue", service.queues))
    return [f"{len(found)} {kind}{'' if len(found) == 1 else 's'}" for kind, found in kinds if found]


def _vaults(chart: Flowchart, stacks: Stacks, regions: dict[str, str], home: str, *, here: bool) -> None:
    for vault in stacks.of_type("AWS::Backup::BackupVault"):
        region = regions[vault.stack]
        if (region == home) != here:
            continue
        if here:
            chart.node("vault", "Backups", "locked vault of AWS Backup", style="store")
        else:
            with chart.frame(region, region):
                chart.node("copies", "Copies of backups", "locked vault of AWS Backup", style="store")
            chart.arrow("vault", "copies", "daily and monthly")
