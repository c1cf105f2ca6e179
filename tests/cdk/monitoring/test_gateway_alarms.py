"""The alarms of the gateway when it runs on AWS."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.synthesis import synthesize as synthesize_into
from local.embedded_aws.cloudwatch.metric_math import formula
from tests.cdk.templates import Assembly, Template


@pytest.fixture
def gateway(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-gateway")


def test_a_new_image_that_makes_requests_fail_is_rolled_back(gateway: Template) -> None:
    failures = gateway.logical_id("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    deployments = gateway.only("AWS::ECS::Service")["DeploymentConfiguration"]

    assert deployments["Alarms"] == {"AlarmNames": [{"Ref": failures}], "Enable": True, "Rollback": True}
    assert deployments["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_only_failures_of_the_gateway_and_its_load_balancer_roll_an_image_back(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    [result] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    metrics = {query["Id"]: query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query}
    percent = formula(result)

    def failed(*, own: float, services: float | None, functions: float | None, refused: float | None) -> float | None:
        return percent(
            {"requests": 100.0, "own": own, "services": services, "functions": functions, "refused": refused}
        )

    # A service answers 502 itself, or its function ends without an answer: Traefik's problem pages count both.
    assert failed(own=40.0, services=30.0, functions=10.0, refused=None) == 0
    assert failed(own=40.0, services=50.0, functions=None, refused=None) == 0
    # Nothing behind the gateway has failed.
    assert failed(own=40.0, services=None, functions=None, refused=None) == 40
    assert failed(own=40.0, services=10.0, functions=10.0, refused=5.0) == 25
    assert {each["Name"]: each["Value"] for each in metrics["own"]["Dimensions"]} == {
        "service": "gateway",
        "class": "5xx",
    }
    assert metrics["services"]["MetricName"] == "HTTPCode_Target_5XX_Count"
    assert metrics["functions"]["MetricName"] == metrics["refused"]["MetricName"] == "HTTPCode_ELB_5XX_Count"
    assert metrics["functions"]["Dimensions"] == metrics["services"]["Dimensions"]
    assert metrics["functions"]["Dimensions"] != metrics["refused"]["Dimensions"]
    assert metrics["refused"]["Dimensions"] == metrics["requests"]["Dimensions"]


def test_metrics_that_arrive_in_different_minutes_count_the_same_requests(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    [result] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]

    assert {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query} == {300}
    assert alarm["EvaluationPeriods"] == 1
    # Ten a minute.
    assert result.startswith("IF(requests >= 50, ")


def test_nothing_else_rolls_an_image_back(gateway: Template) -> None:
    watched = gateway.only("AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]["AlarmNames"]

    names = [gateway.content["Resources"][each["Ref"]]["Properties"]["AlarmName"] for each in watched]
    assert names == ["platform-prod-gateway-failures"]


@pytest.mark.slow
def test_a_deployment_past_alarms_is_not_rolled_back_by_one(
    examples: Sequence[Manifest], prod: Environment, tmp_path: Path
) -> None:
    past = Assembly(synthesize_into(tmp_path, [prod], examples, {"past_alarms": "true"})).stack("platform-prod-gateway")
    deployments = past.only("AWS::ECS::Service")["DeploymentConfiguration"]

    assert deployments["Alarms"]["Enable"] is False
    assert deployments["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_too_few_healthy_tasks_have_an_alarm_also_if_there_is_none_to_count(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")
    [result] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    [healthy] = [query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query]

    assert formula(result)({"healthy": None}) == 0
    assert formula(result)({"healthy": 2.0}) == 2
    assert (healthy["Metric"]["MetricName"], healthy["Stat"], healthy["Period"]) == ("HealthyHostCount", "Minimum", 60)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 2)
    assert alarm["TreatMissingData"] == "breaching"


def test_unhealthy_tasks_and_busy_tasks_have_an_alarm_each(gateway: Template) -> None:
    unhealthy = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")
    cpu = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-cpu")

    [healthy] = [query["MetricStat"]["Metric"] for query in unhealthy["Metrics"] if "MetricStat" in query]
    assert {each["Name"] for each in healthy["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    assert {each["Name"] for each in cpu["Dimensions"]} == {"ClusterName", "ServiceName"}
    assert unhealthy["AlarmActions"] == cpu["AlarmActions"]
