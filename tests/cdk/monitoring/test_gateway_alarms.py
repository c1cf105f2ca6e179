"""The alarms of the gateway, where it runs on AWS."""

import pytest

from tests.cdk.templates import Assembly, Template


@pytest.fixture
def gateway(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-gateway")


def test_a_new_image_that_makes_requests_fail_is_taken_back(gateway: Template) -> None:
    failures = gateway.logical_id("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    deployments = gateway.only("AWS::ECS::Service")["DeploymentConfiguration"]

    assert deployments["Alarms"] == {"AlarmNames": [{"Ref": failures}], "Enable": True, "Rollback": True}
    assert deployments["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_what_the_load_balancer_answers_itself_counts_as_failed_too(gateway: Template) -> None:
    alarm = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-failures")
    names = {query["MetricStat"]["Metric"]["MetricName"] for query in alarm["Metrics"] if "MetricStat" in query}

    assert names == {"RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"}


def test_tasks_that_do_not_answer_or_have_no_cpu_left_are_told(gateway: Template) -> None:
    unhealthy = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-unhealthy")
    cpu = gateway.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-gateway-cpu")

    assert {each["Name"] for each in unhealthy["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    assert {each["Name"] for each in cpu["Dimensions"]} == {"ClusterName", "ServiceName"}
    assert unhealthy["AlarmActions"] == cpu["AlarmActions"]
