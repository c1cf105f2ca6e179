"""The alarms of the gateway when it runs on AWS."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Metric, percent_of_requests
from cdk.settings.environment import Environment

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
NAMESPACE = "AWS/ApplicationELB"
# The used share of the tasks' CPU. The scaling adds tasks long before, at `TASK_CPU_PERCENT`.
CPU_PERCENT = 90


def gateway_failures(environment: Environment, load_balancer: elbv2.ApplicationLoadBalancer) -> Alarm:
    """Return the alarm on requests that fail at or before the gateway; it rolls back a new image."""

    def metric(name: str) -> Metric:
        return _load_balancer_metric(load_balancer, name, "Sum")

    percent = environment.alarms.error_percent
    return Alarm(
        name="gateway-failures",
        description=f"More than {percent:g} % of the requests to the gateway fail.",
        metric=percent_of_requests(
            environment,
            "FILL(answered, 0) + FILL(refused, 0)",
            {
                "requests": metric("RequestCount"),
                "answered": metric("HTTPCode_Target_5XX_Count"),
                "refused": metric("HTTPCode_ELB_5XX_Count"),
            },
        ),
        threshold=percent,
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
    )


def gateway_alarms(
    *,
    load_balancer: elbv2.ApplicationLoadBalancer,
    target_group: elbv2.ApplicationTargetGroup,
    service: ecs.FargateService,
) -> list[Alarm]:
    """List the gateway's alarms that roll back nothing."""
    unhealthy = _load_balancer_metric(load_balancer, "UnHealthyHostCount", "Minimum")
    of_group = {**unhealthy.dimensions, "TargetGroup": target_group.target_group_full_name}
    of_service = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    return [
        Alarm(
            name="gateway-unhealthy",
            description="Tasks of the gateway fail their health check.",
            metric=Metric(namespace=NAMESPACE, name=unhealthy.name, statistic=unhealthy.statistic, dimensions=of_group),
            threshold=0,
            evaluation_periods=2,
        ),
        Alarm(
            name="gateway-cpu",
            description=f"The gateway's tasks use more than {CPU_PERCENT} % of their CPU.",
            metric=Metric(namespace="AWS/ECS", name="CPUUtilization", statistic="Average", dimensions=of_service),
            threshold=CPU_PERCENT,
            evaluation_periods=3,
        ),
    ]


def _load_balancer_metric(load_balancer: elbv2.ApplicationLoadBalancer, name: str, statistic: str) -> Metric:
    dimensions = {"LoadBalancer": load_balancer.load_balancer_full_name}
    return Metric(namespace=NAMESPACE, name=name, statistic=statistic, dimensions=dimensions)
