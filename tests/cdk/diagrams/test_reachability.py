"""The only paths in and out: Internet → 443 → public load balancer → gateway → internal load balancer → Lambda."""

import copy
import json
from collections.abc import Callable, Mapping

import pytest

from cdk.diagrams.reachability import INTERNET, Network, NetworkPath
from cdk.diagrams.stack_graph import Stacks
from tests.cdk.templates import Assembly, Json, Template

PUBLIC, GATEWAY, INTERNAL = "The public load balancer", "The gateway", "The internal load balancer"
ENDPOINTS = "The endpoints of AWS services"
PATHS_IN = {
    NetworkPath(INTERNET, PUBLIC, "443"),
    NetworkPath(INTERNET, PUBLIC, "80"),
    NetworkPath(PUBLIC, GATEWAY, "8443"),
    NetworkPath(GATEWAY, INTERNAL, "443"),
}
PATHS_OUT = {
    "dev": {NetworkPath(GATEWAY, INTERNET, "443")},
    "prod": {NetworkPath(GATEWAY, ENDPOINTS, "443"), NetworkPath(GATEWAY, "S3", "443")},
}


# The members of security groups: type, exposure, and the groups.
MEMBERS = {
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "internet-facing", (PUBLIC,)),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "internal", (INTERNAL,)),
    ("AWS::ECS::Service", "DISABLED", (GATEWAY,)),
}
ENDPOINT = ("AWS::EC2::VPCEndpoint", "Interface", (ENDPOINTS,))
EXPOSURE = {
    "AWS::ElasticLoadBalancingV2::LoadBalancer": lambda p: p["Scheme"],
    "AWS::ECS::Service": lambda p: p["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"],
    "AWS::EC2::VPCEndpoint": lambda p: p["VpcEndpointType"],
}


def stacks(assembly: Assembly, environment: str) -> dict[str, Template]:
    prefix = f"platform-{environment}-"
    return {name.removeprefix(prefix): each for name, each in assembly.stacks().items() if name.startswith(prefix)}


def network_of(templates: Mapping[str, Template]) -> Network:
    return Network(Stacks({name: template.content for name, template in templates.items()}))


def members(network: Network) -> set[tuple[str, str, tuple[str, ...]]]:
    return {
        (resource.type, EXPOSURE[resource.type](resource.properties), tuple(groups))
        for resource, groups in network.security_groups().items()
    }


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_there_is_one_path_in_and_the_egress_that_the_environment_chose(assembly: Assembly, environment: str) -> None:
    assert set(network_of(stacks(assembly, environment)).paths()) == PATHS_IN | PATHS_OUT[environment]


@pytest.mark.parametrize(("environment", "more"), [("dev", set()), ("prod", {ENDPOINT})])
def test_each_group_has_only_the_members_that_it_is_named_after(
    assembly: Assembly, environment: str, more: set[tuple[str, str, tuple[str, ...]]]
) -> None:
    network = network_of(stacks(assembly, environment))

    assert members(network) == MEMBERS | more
    assert len(network.security_groups()) == (3 if environment == "dev" else 6)


@pytest.mark.parametrize(("environment", "private"), [("dev", "nat"), ("prod", "isolated")])
def test_only_the_public_load_balancer_is_in_public_subnets(assembly: Assembly, environment: str, private: str) -> None:
    kinds = network_of(stacks(assembly, environment)).subnet_kinds()

    public = {each for each, kind in kinds.items() if kind == "public"}
    assert [each.properties["Scheme"] for each in public] == ["internet-facing"]
    assert {kind for each, kind in kinds.items() if each not in public} == {private}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_port_80_only_redirects_to_443(assembly: Assembly, environment: str) -> None:
    [plain] = [
        listener
        for listener in stacks(assembly, environment)["gateway"].resources("AWS::ElasticLoadBalancingV2::Listener")
        if listener["Port"] == 80
    ]

    [action] = plain["DefaultActions"]
    assert action["Type"] == "redirect"
    assert (action["RedirectConfig"]["Protocol"], action["RedirectConfig"]["Port"]) == ("HTTPS", "443")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_only_the_internal_load_balancer_calls_functions(assembly: Assembly, environment: str) -> None:
    callers = {
        permission["Principal"]
        for name in assembly.stacks()
        if name.startswith(f"platform-{environment}-")
        for permission in assembly.stack(name).resources("AWS::Lambda::Permission")
    }

    assert callers == {"elasticloadbalancing.amazonaws.com"}


type Change = Callable[[Json, Json], None]


def _rule(direction: str, group: object, *, protocol: str = "tcp", **more: object) -> Json:
    properties = {"GroupId": group, "IpProtocol": protocol, **more}
    return {"Type": f"AWS::EC2::SecurityGroup{direction}", "Properties": properties}


def _ports(port: int) -> Json:
    return {"FromPort": port, "ToPort": port}


def _gateway_group(gateway: Json) -> object:
    [rule] = [each for each in gateway.values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    return rule["Properties"]["GroupId"]


def _public_group(gateway: Json) -> Json:
    groups = [name for name, resource in gateway.items() if resource["Type"] == "AWS::EC2::SecurityGroup"]
    [load_balancer] = [name for name in groups if name.startswith("EntryGroup")]
    return {"Fn::GetAtt": [load_balancer, "GroupId"]}


def _open_on_the_gateway(_: Json, gateway: Json) -> None:
    gateway["OneMore"] = _rule("Ingress", _gateway_group(gateway), CidrIp="0.0.0.0/0", **_ports(8081))


def _let_the_gateway_out(_: Json, gateway: Json) -> None:
    gateway["OneMore"] = _rule("Egress", _gateway_group(gateway), CidrIp="0.0.0.0/0", **_ports(22))


def _open_half_a_path(_: Json, gateway: Json) -> None:
    source = _public_group(gateway)
    gateway["OneMore"] = _rule("Ingress", _gateway_group(gateway), SourceSecurityGroupId=source, **_ports(8080))


def _open_the_same_port_for_another_protocol(_: Json, gateway: Json) -> None:
    gateway["OneMore"] = _rule("Ingress", _public_group(gateway), protocol="udp", CidrIp="0.0.0.0/0", **_ports(443))


def _open_every_port_of_every_protocol(_: Json, gateway: Json) -> None:
    gateway["OneMore"] = _rule("Ingress", _public_group(gateway), protocol="-1", CidrIp="0.0.0.0/0")


def _open_a_path_for_every_protocol(_: Json, gateway: Json) -> None:
    [rule] = [each for each in gateway.values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    rule["Properties"]["IpProtocol"] = "-1"


def _move_the_tasks_into_the_group_of_the_public_load_balancer(_: Json, gateway: Json) -> None:
    [service] = [each for each in gateway.values() if each["Type"] == "AWS::ECS::Service"]
    placed = service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    placed["SecurityGroups"] = [_public_group(gateway)]


def _give_the_tasks_public_addresses(_: Json, gateway: Json) -> None:
    [service] = [each for each in gateway.values() if each["Type"] == "AWS::ECS::Service"]
    service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] = "ENABLED"


def _put_the_internal_load_balancer_into_another_group(network: Json, _: Json) -> None:
    [endpoints] = [
        name
        for name, each in network.items()
        if each["Type"] == "AWS::EC2::SecurityGroup" and name.startswith("EndpointGroup")
    ]
    _internal(network)["SecurityGroups"] = [{"Fn::GetAtt": [endpoints, "GroupId"]}]


def _turn_the_internal_load_balancer_to_the_internet(network: Json, _: Json) -> None:
    _internal(network)["Scheme"] = "internet-facing"


def _internal(network: Json) -> Json:
    [found] = [each for each in network.values() if each["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"]
    properties: Json = found["Properties"]
    return properties


@pytest.mark.parametrize(
    "change",
    [
        _open_on_the_gateway,
        _let_the_gateway_out,
        _open_half_a_path,
        _open_the_same_port_for_another_protocol,
        _open_every_port_of_every_protocol,
        _open_a_path_for_every_protocol,
        _move_the_tasks_into_the_group_of_the_public_load_balancer,
        _give_the_tasks_public_addresses,
        _put_the_internal_load_balancer_into_another_group,
        _turn_the_internal_load_balancer_to_the_internet,
    ],
)
def test_a_change_of_the_paths_or_members_is_noticed(assembly: Assembly, change: Change) -> None:
    changed = changed_by(change, stacks(assembly, "prod"))

    network = network_of(changed)
    assert (set(network.paths()), members(network)) != (PATHS_IN | PATHS_OUT["prod"], MEMBERS | {ENDPOINT})


def test_a_resource_of_an_unknown_type_in_the_network_is_an_error(assembly: Assembly) -> None:
    templates = stacks(assembly, "prod")
    orders = Template(copy.deepcopy(templates["orders"].content))
    network = templates["network"].content
    [subnet, *_] = [
        output["Export"]["Name"]
        for output in network["Outputs"].values()
        if "Export" in output and "PrivateSubnet" in json.dumps(output["Value"])
    ]
    orders.resources("AWS::Lambda::Function")[0]["VpcConfig"] = {"SubnetIds": [{"Fn::ImportValue": subnet}]}

    with pytest.raises(ValueError, match=r"is in the network, but the paths of AWS::Lambda::Function are not known"):
        network_of({**templates, "orders": orders})


def changed_by(change: Change, templates: Mapping[str, Template]) -> dict[str, Template]:
    """Return the same stacks with a change in those of the network and the gateway."""
    changed = {name: Template(copy.deepcopy(templates[name].content)) for name in ("network", "gateway")}
    change(*(each.content["Resources"] for each in changed.values()))
    return {**templates, **changed}


def test_a_route_to_the_internet_from_a_private_subnet_is_noticed(assembly: Assembly) -> None:
    templates = stacks(assembly, "prod")
    changed = Template(copy.deepcopy(templates["network"].content))
    resources = changed.content["Resources"]
    [internet] = [name for name, resource in resources.items() if resource["Type"] == "AWS::EC2::InternetGateway"]
    for name, table in list(resources.items()):
        if table["Type"] == "AWS::EC2::RouteTable" and "Private" in name:
            route = {"RouteTableId": {"Ref": name}, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": internet}}
            resources[f"{name}Out"] = {"Type": "AWS::EC2::Route", "Properties": route}

    assert "isolated" not in network_of({**templates, "network": changed}).subnet_kinds().values()
