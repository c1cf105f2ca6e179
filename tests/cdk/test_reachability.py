"""The only ways in and out: Internet → 443 → public load balancer → gateway → internal load balancer → Lambda."""

import copy
from collections.abc import Callable

import pytest

from cdk.diagrams.reachability import INTERNET, Network, Way
from cdk.diagrams.stacks import Stacks
from tests.cdk.templates import Assembly, Json, Template

PUBLIC, GATEWAY, INTERNAL = "The public load balancer", "The gateway", "The internal load balancer"
ENDPOINTS = "The endpoints of AWS services"
WAYS_IN = {
    Way(INTERNET, PUBLIC, "443"),
    Way(INTERNET, PUBLIC, "80"),
    Way(PUBLIC, GATEWAY, "8443"),
    Way(GATEWAY, INTERNAL, "443"),
}
WAYS_OUT = {
    "dev": {Way(GATEWAY, INTERNET, "443")},
    "prod": {Way(GATEWAY, ENDPOINTS, "443"), Way(GATEWAY, "S3", "443")},
}


def stacks(assembly: Assembly, environment: str) -> list[Template]:
    return [assembly.stack(f"platform-{environment}-{name}") for name in ("network", "gateway")]


def network_of(network: Template, gateway: Template) -> Network:
    return Network(Stacks({"network": network.content, "gateway": gateway.content}))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_there_is_one_way_in_and_the_way_out_that_the_environment_chose(assembly: Assembly, environment: str) -> None:
    assert set(network_of(*stacks(assembly, environment)).ways()) == WAYS_IN | WAYS_OUT[environment]


@pytest.mark.parametrize(("environment", "private"), [("dev", "nat"), ("prod", "isolated")])
def test_the_public_load_balancer_alone_is_in_public_subnets(
    assembly: Assembly, environment: str, private: str
) -> None:
    placed = network_of(*stacks(assembly, environment)).placed()

    public = {each.name for each, kind in placed.items() if kind == "public"}
    assert {name.startswith("EntryLoadBalancer") for name in public} == {True}
    assert len(public) == 1
    assert {kind for each, kind in placed.items() if each.name not in public} == {private}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_internet_reaches_port_80_only_to_be_sent_to_443(assembly: Assembly, environment: str) -> None:
    [plain] = [
        listener
        for listener in stacks(assembly, environment)[1].resources("AWS::ElasticLoadBalancingV2::Listener")
        if listener["Port"] == 80
    ]

    [action] = plain["DefaultActions"]
    assert action["Type"] == "redirect"
    assert (action["RedirectConfig"]["Protocol"], action["RedirectConfig"]["Port"]) == ("HTTPS", "443")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_lambdas_are_called_by_the_internal_load_balancer_alone(assembly: Assembly, environment: str) -> None:
    callers = {
        permission["Principal"]
        for name in assembly.stacks()
        if name.startswith(f"platform-{environment}-")
        for permission in assembly.stack(name).resources("AWS::Lambda::Permission")
    }

    assert callers == {"elasticloadbalancing.amazonaws.com"}


def _open_on_the_gateway(resources: Json, gateway: Json) -> None:
    resources["OneMore"] = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {"GroupId": gateway, "CidrIp": "0.0.0.0/0", "FromPort": 8081, "ToPort": 8081},
    }


def _let_the_gateway_out(resources: Json, gateway: Json) -> None:
    resources["OneMore"] = {
        "Type": "AWS::EC2::SecurityGroupEgress",
        "Properties": {"GroupId": gateway, "CidrIp": "0.0.0.0/0", "FromPort": 22, "ToPort": 22},
    }


def _open_half_a_way(resources: Json, gateway: Json) -> None:
    groups = [name for name, resource in resources.items() if resource["Type"] == "AWS::EC2::SecurityGroup"]
    [load_balancer] = [name for name in groups if name.startswith("EntryGroup")]
    resources["OneMore"] = {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": gateway,
            "SourceSecurityGroupId": {"Fn::GetAtt": [load_balancer, "GroupId"]},
            "FromPort": 8080,
            "ToPort": 8080,
        },
    }


@pytest.mark.parametrize("open_one_more", [_open_on_the_gateway, _let_the_gateway_out, _open_half_a_way])
def test_one_more_port_is_noticed(assembly: Assembly, open_one_more: Callable[[Json, Json], None]) -> None:
    network, gateway = stacks(assembly, "prod")
    changed = Template(copy.deepcopy(gateway.content))
    [rule] = changed.resources("AWS::EC2::SecurityGroupIngress")
    open_one_more(changed.content["Resources"], rule["GroupId"])

    assert set(network_of(network, changed).ways()) != WAYS_IN | WAYS_OUT["prod"]


def test_a_route_to_the_internet_from_a_private_subnet_is_noticed(assembly: Assembly) -> None:
    network, gateway = stacks(assembly, "prod")
    changed = Template(copy.deepcopy(network.content))
    resources = changed.content["Resources"]
    [internet] = [name for name, resource in resources.items() if resource["Type"] == "AWS::EC2::InternetGateway"]
    for name, table in list(resources.items()):
        if table["Type"] == "AWS::EC2::RouteTable" and "Private" in name:
            route = {"RouteTableId": {"Ref": name}, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": internet}}
            resources[f"{name}Out"] = {"Type": "AWS::EC2::Route", "Properties": route}

    assert "isolated" not in network_of(changed, gateway).placed().values()
