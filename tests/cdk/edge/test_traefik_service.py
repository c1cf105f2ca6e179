"""Traefik's tasks on ECS."""

import json

import pytest

from cdk.gateway.image import ACCEPT_S, DEREGISTRATION_DELAY_S, DRAIN_S, STOP_TIMEOUT_S
from cdk.settings.environment import Environment
from tests.cdk.templates import Assembly, Json, Template


@pytest.fixture
def containers(gateway: Template) -> dict[str, Json]:
    return {found["Name"]: found for found in gateway.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]}


@pytest.fixture
def container(containers: dict[str, Json]) -> Json:
    return containers["traefik"]


def test_each_container_runs_unprivileged_with_a_read_only_file_system(containers: dict[str, Json]) -> None:
    assert containers.keys() == {"traefik", "metrics"}
    for container in containers.values():
        assert container["User"] == "65532:65532"
        assert container["ReadonlyRootFilesystem"] is True
        assert container["Privileged"] is False
        assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}


def test_traefik_s_https_port_is_the_only_open_port(containers: dict[str, Json]) -> None:
    assert not containers["metrics"].get("PortMappings")
    assert containers["traefik"]["PortMappings"] == [{"ContainerPort": 8443, "Name": "https", "Protocol": "tcp"}]


def test_the_task_s_role_has_no_permission(gateway: Template) -> None:
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


def test_requests_and_health_checks_are_encrypted_up_to_the_same_port_of_the_task(gateway: Template) -> None:
    group = gateway.only("AWS::ElasticLoadBalancingV2::TargetGroup")

    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTPS", 8443, "ip")
    assert (group["HealthCheckProtocol"], group["HealthCheckPath"]) == ("HTTPS", "/ping")


def test_a_deployment_that_never_answers_is_rolled_back_before_an_old_task_ends(gateway: Template) -> None:
    service = gateway.only("AWS::ECS::Service")

    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


def test_a_deployment_ends_no_task_that_the_scaling_added(assembly: Assembly) -> None:
    for environment in ("dev", "prod"):
        gateway = assembly.stack(f"platform-{environment}-gateway")

        # CloudFormation would set a DesiredCount at every deployment and overwrite the scaling's.
        assert "DesiredCount" not in gateway.only("AWS::ECS::Service")
        assert gateway.only("AWS::ApplicationAutoScaling::ScalableTarget")["MinCapacity"] >= 2


def test_their_number_follows_requests_and_cpu(gateway: Template) -> None:
    target = gateway.only("AWS::ApplicationAutoScaling::ScalableTarget")
    policies = [
        policy["TargetTrackingScalingPolicyConfiguration"]
        for policy in gateway.resources("AWS::ApplicationAutoScaling::ScalingPolicy")
    ]
    targets = {
        policy["PredefinedMetricSpecification"]["PredefinedMetricType"]: policy["TargetValue"] for policy in policies
    }

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    # A minute's requests of a task of half a vCPU.
    assert targets == {"ALBRequestCountPerTarget": 1125 * 60, "ECSServiceAverageCPUUtilization": 60}


def test_both_containers_share_the_cpu_and_memory_of_the_task(gateway: Template, containers: dict[str, Json]) -> None:
    task = gateway.only("AWS::ECS::TaskDefinition")

    assert sum(container["Cpu"] for container in containers.values()) == int(task["Cpu"])
    assert sum(container["Memory"] for container in containers.values()) == int(task["Memory"])


def test_the_smallest_task_leaves_traefik_half_of_its_memory(assembly: Assembly) -> None:
    task = assembly.stack("platform-dev-gateway").only("AWS::ECS::TaskDefinition")

    assert task["Memory"] == "512"
    assert {found["Name"]: found["Memory"] for found in task["ContainerDefinitions"]}["traefik"] >= 256


def test_the_sidecar_is_not_essential_and_restarts(containers: dict[str, Json]) -> None:
    assert containers["traefik"]["Essential"] is True
    assert containers["metrics"]["Essential"] is False
    assert containers["metrics"]["RestartPolicy"] == {"Enabled": True, "RestartAttemptPeriod": 60}
    assert containers["metrics"]["HealthCheck"]["Command"] == ["CMD", "/healthcheck"]


def test_the_sidecar_counts_until_traefik_has_ended(containers: dict[str, Json]) -> None:
    assert containers["traefik"]["DependsOn"] == [{"Condition": "START", "ContainerName": "metrics"}]
    assert not containers["metrics"].get("DependsOn")


def test_metrics_have_their_own_log_which_is_kept_as_the_environment_says(
    gateway: Template, containers: dict[str, Json], prod: Environment
) -> None:
    name = "/aws/ecs/platform-prod-gateway-metrics"
    group = gateway.only("AWS::Logs::LogGroup", LogGroupName=name)
    logging = containers["metrics"]["LogConfiguration"]

    assert logging["LogDriver"] == "awslogs"
    assert logging["Options"]["awslogs-group"] == {"Ref": gateway.logical_id("AWS::Logs::LogGroup", LogGroupName=name)}
    assert group["RetentionInDays"] == prod.log_retention_days


def test_each_image_comes_from_the_account_s_own_registry(containers: dict[str, Json]) -> None:
    images = {name: json.dumps(container["Image"]) for name, container in containers.items()}

    assert all(".dkr.ecr." in image for image in images.values())
    assert images["traefik"] != images["metrics"]
