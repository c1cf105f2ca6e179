"""The alarms of the gateway when it runs on AWS."""

import pytest

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

    # No answer of a service, and none that the internal load balancer writes for a function.
    assert "HTTPCode_Target_5XX_Count" not in {metric["MetricName"] for metric in metrics.values()}
    assert {each["Name"]: each["Value"] for each in metrics["own"]["Dimensions"]} == {
        "service": "gateway",
        "class": "5xx",
    }
    assert "FILL(own, 0) - FILL(functions, 0)" in result
    assert metrics["functions"]["MetricName"] == metrics["refused"]["MetricName"] == "HTTPCode_ELB_5XX_Count"
    assert metrics["functions"]["Dimensions"] != metrics["refused"]["Dimensions"]
    assert set(metrics) == {"requests", "own", "functions", "refused"}


def test_too_few_healthy_tasks_have_an_alarm_also_if_there_is_none_to_count(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")

    assert (alarm["MetricName"], alarm["Statistic"]) == ("HealthyHostCount", "Minimum")
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 2)
    assert alarm["TreatMissingData"] == "breaching"


def test_unhealthy_tasks_and_busy_tasks_have_an_alarm_each(gateway: Template) -> None:
    unhealthy = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")
    cpu = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-cpu")

    assert {each["Name"] for each in unhealthy["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    assert {each["Name"] for each in cpu["Dimensions"]} == {"ClusterName", "ServiceName"}
    assert unhealthy["AlarmActions"] == cpu["AlarmActions"]
