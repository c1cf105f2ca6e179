"""The network stack."""

import json

import pytest

from cdk.settings.environment import Environment, load_environment
from tests.cdk.templates import Assembly, Synthesize, Template


@pytest.fixture
def network(assembly: Assembly) -> Template:
    return assembly.stack("platform-local-network")


def test_the_network_has_no_egress(network: Template) -> None:
    for resource_type in ("AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route"):
        assert not network.resources(resource_type)
    assert not [subnet for subnet in network.resources("AWS::EC2::Subnet") if subnet["MapPublicIpOnLaunch"]]


def test_s3_and_dynamodb_have_gateway_endpoints(network: Template) -> None:
    endpoints = network.resources("AWS::EC2::VPCEndpoint")

    assert {endpoint["ServiceName"]["Fn::Join"][1][-1] for endpoint in endpoints} == {".s3", ".dynamodb"}
    assert {endpoint["VpcEndpointType"] for endpoint in endpoints} == {"Gateway"}


def test_the_outputs_have_the_settings_that_the_doctor_compares(assembly: Assembly) -> None:
    for name in ("dev", "prod"):
        outputs = assembly.stack(f"platform-{name}-network").content["Outputs"]
        settings = load_environment(name).fixed_settings

        assert {key: outputs[key]["Value"] for key in settings} == settings


def test_prod_has_a_third_zone(assembly: Assembly) -> None:
    def private(environment: str) -> int:
        subnets = assembly.stack(f"platform-{environment}-network").resources("AWS::EC2::Subnet")
        return len(
            [subnet for subnet in subnets if {"Key": "aws-cdk:subnet-name", "Value": "Private"} in subnet["Tags"]]
        )

    assert (private("local"), private("dev"), private("prod")) == (2, 2, 3)


def test_a_third_zone_moves_no_address(synthesize: Synthesize, dev: Environment) -> None:
    def addresses(zones: int) -> dict[str, str]:
        environment = dev.model_copy(update={"availability_zones": zones})
        stack = synthesize([], [environment]).stack("platform-dev-network")
        return {
            name: resource["Properties"]["CidrBlock"]
            for name, resource in stack.content["Resources"].items()
            if resource["Type"] == "AWS::EC2::Subnet"
        }

    two, three = addresses(2), addresses(3)
    assert len(two) == 4
    assert two.items() <= three.items()
    assert len(set(three.values())) == len(three) == 6


def test_the_load_balancer_is_internal_and_drops_malformed_headers(network: Template) -> None:
    balancer = network.only("AWS::ElasticLoadBalancingV2::LoadBalancer")

    assert balancer["Scheme"] == "internal"
    attributes = {attribute["Key"]: attribute["Value"] for attribute in balancer["LoadBalancerAttributes"]}
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_only_the_gateway_reaches_the_load_balancer_and_only_by_https(network: Template) -> None:
    gateway = network.logical_id("AWS::EC2::SecurityGroup", GroupDescription="The gateway.")
    ingress = [
        rule for group in network.resources("AWS::EC2::SecurityGroup") for rule in group.get("SecurityGroupIngress", [])
    ]

    assert [(rule["FromPort"], rule["ToPort"], rule["SourceSecurityGroupId"]) for rule in ingress] == [
        (443, 443, {"Fn::GetAtt": [gateway, "GroupId"]}),
    ]
    assert not network.resources("AWS::EC2::SecurityGroupIngress")


def test_the_listener_takes_tls_1_2_or_newer_with_the_domains_certificate(network: Template) -> None:
    listener = network.only("AWS::ElasticLoadBalancingV2::Listener")
    certificate = network.logical_id("AWS::CertificateManager::Certificate", DomainName="internal.platform.localhost")

    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert listener["Certificates"] == [{"CertificateArn": {"Ref": certificate}}]


def test_a_path_of_no_service_is_answered_with_a_problem(network: Template) -> None:
    action = network.only("AWS::ElasticLoadBalancingV2::Listener")["DefaultActions"][0]["FixedResponseConfig"]

    assert (action["StatusCode"], action["ContentType"]) == ("404", "application/json")
    assert json.loads(action["MessageBody"])["status"] == 404


def test_the_default_group_is_emptied_if_the_environment_can(assembly: Assembly) -> None:
    assert assembly.stack("platform-prod-network").resources("Custom::VpcRestrictDefaultSG")


def test_the_outputs_name_the_load_balancer_for_the_gateway(network: Template) -> None:
    assert {"LoadBalancerDnsName", "LoadBalancerServerName"} <= network.content["Outputs"].keys()
    assert network.content["Outputs"]["LoadBalancerServerName"]["Value"] == "internal.platform.localhost"


def test_flows_are_logged_as_long_as_the_environment_says(assembly: Assembly) -> None:
    prod = assembly.stack("platform-prod-network")

    flow_log = prod.only("AWS::EC2::FlowLog")
    assert (flow_log["ResourceType"], flow_log["TrafficType"]) == ("VPC", "ALL")
    assert prod.only("AWS::Logs::LogGroup", LogGroupName="/aws/vpc/platform-prod")["RetentionInDays"] == 365


def test_an_environment_reaches_aws_by_endpoints_or_by_one_nat_gateway(assembly: Assembly) -> None:
    def count(environment: str, resource_type: str, **properties: str) -> int:
        found = assembly.stack(f"platform-{environment}-network").resources(resource_type)
        return len([each for each in found if properties.items() <= each.items()])

    interface = {"VpcEndpointType": "Interface"}
    assert (count("dev", "AWS::EC2::NatGateway"), count("dev", "AWS::EC2::VPCEndpoint", **interface)) == (1, 0)
    assert (count("prod", "AWS::EC2::NatGateway"), count("prod", "AWS::EC2::VPCEndpoint", **interface)) == (0, 3)


def test_the_internal_load_balancer_has_its_certificate_s_name_in_the_network(assembly: Assembly) -> None:
    prod = assembly.stack("platform-prod-network")

    zone = prod.only("AWS::Route53::HostedZone")
    assert zone["Name"] == "internal.example.com."
    assert zone["VPCs"]
    assert prod.only("AWS::Route53::RecordSet")["Name"] == "internal.example.com."


def test_a_laptop_has_no_entry_from_the_internet(network: Template) -> None:
    for resource_type in ("AWS::EC2::SecurityGroupEgress", "AWS::EC2::FlowLog", "AWS::Route53::HostedZone"):
        assert not network.resources(resource_type)
