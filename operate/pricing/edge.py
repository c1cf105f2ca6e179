"""The way in and the network: load balancers, the firewall, the gateway's tasks, its way out, and data transfer."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from operate.pricing.inventory import Inventory
from operate.pricing.line import Line
from operate.pricing.load import GB, HOURS, KB, Load

EDGE, NETWORK = "way in", "network"
TYPES = frozenset({
    "AWS::EC2::EIP",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::Route53::HostedZone",
    "AWS::WAFv2::WebACL",
})  # fmt: skip
# What a capacity unit holds: https://aws.amazon.com/elasticloadbalancing/pricing/
_GB_AN_HOUR, _GB_AN_HOUR_TO_FUNCTIONS, _CONNECTIONS_A_SECOND = 1.0, 0.4, 25


def lines(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price the way of a request to the functions and back."""
    for balancer in inventory.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer"):
        is_public = balancer["Scheme"] == "internet-facing"
        which = "public load balancer" if is_public else "internal load balancer"
        yield Line(part=EDGE, what=which, price="load_balancer_hour", fixed=HOURS)
        # Both take what a request brings and what it is answered; a Lambda target takes the capacity of more bytes.
        units = capacity_units(load, to_functions=not is_public)
        yield Line(part=EDGE, what=f"{which}, capacity", price="load_balancer_capacity", used=units * HOURS)
        if is_public:
            addresses = len(balancer["Subnets"]) * HOURS
            yield Line(part=EDGE, what=f"{which}, addresses", price="public_address_hour", fixed=addresses)
    yield from firewall(inventory, load)
    yield from _tasks(inventory, load)
    zones = inventory.count("AWS::Route53::HostedZone")
    yield Line(part=EDGE, what="private zone of names", price="hosted_zone_month", fixed=zones)
    yield from way_out(inventory, load, logged="gateway_log_bytes")
    yield from transfer(load)


def capacity_units(load: Load, *, to_functions: bool) -> float:
    """Return the capacity units of a load balancer: those of what takes most of them."""
    gb_an_hour = load.requests_per_second * (load["request_kb"] + load["response_kb"]) * KB / GB * 3600
    return max(
        gb_an_hour / (_GB_AN_HOUR_TO_FUNCTIONS if to_functions else _GB_AN_HOUR),
        load.requests_per_second * load["new_connection_share"] / _CONNECTIONS_A_SECOND,
    )


def firewall(inventory: Inventory, load: Load) -> Iterator[Line]:
    """Price the firewall before the public load balancer."""
    for acl in inventory.of_type("AWS::WAFv2::WebACL"):
        yield Line(part=EDGE, what="firewall", price="firewall_month", fixed=1)
        yield Line(part=EDGE, what="firewall, rules", price="firewall_rule_month", fixed=len(acl["Rules"]))
        yield Line(part=EDGE, what="firewall, requests", price="firewall_request", used=load.requests)


def transfer(load: Load) -> Iterator[Line]:
    """Price what leaves AWS, and what crosses between zones."""
    yield Line(part=NETWORK, what="data to the Internet", price="data_out_gb", used=load.data_out_gb)
    # In both directions, which are paid for apart, with 2 for each byte that crosses.
    crossing = load.requests * (load["request_kb"] + load["response_kb"]) * KB / GB * load["other_zone_share"] * 2
    yield Line(part=NETWORK, what="data between zones", price="data_between_zones_gb", used=crossing)


def tasks_at(inventory: Inventory, load: Load) -> int:
    """Return how many tasks of the gateway the load takes by its scaling policies, whatever their limit."""
    needed = [float(tasks_at_least(inventory))]
    for task in inventory.of_type("AWS::ECS::TaskDefinition"):
        for metric, target in _scaling_targets(inventory).items():
            if metric == "ALBRequestCountPerTarget":
                needed.append(load.requests_per_second * 60 / target)
            if metric == "ECSServiceAverageCPUUtilization":
                cores = load.requests_per_second * load["gateway_cpu_ms"] / 1000
                needed.append(cores / (float(task["Cpu"]) / 1024) / (target / 100))
    return math.ceil(max(needed, default=0))


def tasks_at_least(inventory: Inventory) -> int:
    """Return how many tasks of the gateway there are without a request."""
    return sum(each["MinCapacity"] for each in inventory.of_type("AWS::ApplicationAutoScaling::ScalableTarget"))


def tasks_allowed(inventory: Inventory) -> int:
    """Return how many tasks of the gateway the environment allows."""
    return sum(each["MaxCapacity"] for each in inventory.of_type("AWS::ApplicationAutoScaling::ScalableTarget"))


def _tasks(inventory: Inventory, load: Load) -> Iterator[Line]:
    for task in inventory.of_type("AWS::ECS::TaskDefinition"):
        least = tasks_at_least(inventory)
        more = tasks_at(inventory, load) - least
        for what, price, size in (
            ("processors", "fargate_cpu_hour", float(task["Cpu"]) / 1024),
            ("memory", "fargate_memory_hour", float(task["Memory"]) / 1024),
        ):
            hours = size * HOURS
            yield Line(part=EDGE, what=f"gateway's tasks, {what}", price=price, fixed=least * hours, used=more * hours)
        yield Line(part=EDGE, what="gateway's images", price="image_gb_month", fixed=load["image_gb"])


def _scaling_targets(inventory: Inventory) -> Mapping[str, float]:
    policies: list[Mapping[str, Any]] = [
        each["TargetTrackingScalingPolicyConfiguration"]
        for each in inventory.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    ]
    return {each["PredefinedMetricSpecification"]["PredefinedMetricType"]: each["TargetValue"] for each in policies}


def way_out(inventory: Inventory, load: Load, *, logged: str) -> Iterator[Line]:
    """Price NAT gateways and interface endpoints; what goes through either of them is the logs of tasks."""
    logged_gb = load.requests * load[logged] / GB
    gateways = inventory.count("AWS::EC2::NatGateway")
    yield Line(part=NETWORK, what="NAT gateways", price="nat_gateway_hour", fixed=gateways * HOURS)
    yield Line(part=NETWORK, what="NAT, data", price="nat_gateway_gb", used=logged_gb if gateways else 0)
    addresses = inventory.count("AWS::EC2::EIP")
    yield Line(part=NETWORK, what="NAT, addresses", price="public_address_hour", fixed=addresses * HOURS)
    endpoints = [each for each in inventory.of_type("AWS::EC2::VPCEndpoint") if each["VpcEndpointType"] == "Interface"]
    placed = sum(len(each["SubnetIds"]) for each in endpoints)
    yield Line(part=NETWORK, what="interface endpoints", price="interface_endpoint_hour", fixed=placed * HOURS)
    used = logged_gb if endpoints else 0
    yield Line(part=NETWORK, what="interface endpoints, data", price="interface_endpoint_gb", used=used)
