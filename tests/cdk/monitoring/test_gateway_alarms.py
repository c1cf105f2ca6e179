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


def test_a_5xx_of_the_load_balancer_itself_counts_as_failed_too(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    names = {query["MetricStat"]["Metric"]["MetricName"] for query in alarm["Metrics"] if "MetricStat" in query}

    assert names == {"RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"}


def test_unhealthy_tasks_and_busy_tasks_have_an_alarm_each(gateway: Template) -> None:
    unhealthy = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")
    cpu = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-cpu")

    assert {each["Name"] for each in unhealthy["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    assert {each["Name"] for each in cpu["Dimensions"]} == {"ClusterName", "ServiceName"}
    assert unhealthy["AlarmActions"] == cpu["AlarmActions"]
