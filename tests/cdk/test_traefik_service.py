"""Traefik's tasks on ECS."""

import pytest

from cdk.gateway.image import ACCEPT_S, DEREGISTRATION_DELAY_S, DRAIN_S, STOP_TIMEOUT_S
from tests.cdk.templates import Assembly, Json, Template


@pytest.fixture
def gateway(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-gateway")


@pytest.fixture
def container(gateway: Template) -> Json:
    [container] = gateway.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return dict(container)


def test_the_container_is_nobody_and_can_change_nothing(container: Json) -> None:
    assert container["User"] == "65532:65532"
    assert container["ReadonlyRootFilesystem"] is True
    assert container["Privileged"] is False
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert container["PortMappings"] == [{"ContainerPort": 8443, "Name": "https", "Protocol": "tcp"}]


def test_the_task_s_role_may_do_nothing_at_all(gateway: Template) -> None:
    task = gateway.only("AWS::ECS::TaskDefinition")
    policies = [role for policy in gateway.resources("AWS::IAM::Policy") for role in policy["Roles"]]

    assert {"Ref": task["TaskRoleArn"]["Fn::GetAtt"][0]} not in policies
    assert task["RuntimePlatform"] == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}


def test_its_health_is_traefik_s_ping(container: Json) -> None:
    assert container["HealthCheck"]["Command"] == [
        "CMD",
        "/traefik",
        "healthcheck",
        "--configFile=/etc/traefik/traefik.yaml",
    ]


def test_a_task_drains_longer_than_the_load_balancer_sends_to_it(gateway: Template, container: Json) -> None:
    attributes = gateway.only("AWS::ElasticLoadBalancingV2::TargetGroup")["TargetGroupAttributes"]

    assert {"Key": "deregistration_delay.timeout_seconds", "Value": str(DEREGISTRATION_DELAY_S)} in attributes
    assert container["StopTimeout"] == STOP_TIMEOUT_S
    assert DEREGISTRATION_DELAY_S < ACCEPT_S
    assert ACCEPT_S + DRAIN_S < STOP_TIMEOUT_S <= 120


def test_it_is_encrypted_up_to_the_task_and_asked_at_the_same_door(gateway: Template) -> None:
    group = gateway.only("AWS::ElasticLoadBalancingV2::TargetGroup")

    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTPS", 8443, "ip")
    assert (group["HealthCheckProtocol"], group["HealthCheckPath"]) == ("HTTPS", "/ping")


def test_a_deployment_that_never_answers_is_taken_back_and_none_of_the_old_tasks_ends_before(gateway: Template) -> None:
    service = gateway.only("AWS::ECS::Service")

    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert service["DesiredCount"] >= 2


def test_their_number_follows_requests_and_cpu(gateway: Template) -> None:
    target = gateway.only("AWS::ApplicationAutoScaling::ScalableTarget")
    metrics = {
        policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
        for policy in gateway.resources("AWS::ApplicationAutoScaling::ScalingPolicy")
    }

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
    assert metrics == {"ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"}
