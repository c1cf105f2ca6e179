"""Which alarms the gateway has, where it runs on AWS."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Metric, share_of_requests
from cdk.settings.environment import Environment

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
NAMESPACE = "AWS/ApplicationELB"
# Of what the tasks have; they should have become more long before, at `TASK_CPU_PERCENT`.
CPU_PERCENT = 90


def gateway_failures(environment: Environment, load_balancer: elbv2.ApplicationLoadBalancer) -> Alarm:
    """Requests fail at the gateway, or before it: it takes back a new image."""

    def metric(name: str) -> Metric:
        return _of_load_balancer(load_balancer, name, "Sum")

    percent = environment.alarms.error_percent
    return Alarm(
        name="gateway-failures",
        says=f"More than {percent:g} % of the requests that reach the gateway fail.",
        metric=share_of_requests(
            environment,
            "FILL(answered, 0) + FILL(refused, 0)",
            {
                "requests": metric("RequestCount"),
                "answered": metric("HTTPCode_Target_5XX_Count"),
                "refused": metric("HTTPCode_ELB_5XX_Count"),
            },
        ),
        above=percent,
        period_s=60,
        periods=3,
        of_them=2,
    )


def gateway_alarms(
    *,
    load_balancer: elbv2.ApplicationLoadBalancer,
    target_group: elbv2.ApplicationTargetGroup,
    service: ecs.FargateService,
) -> list[Alarm]:
    """List the gateway's other alarms."""
    unhealthy = _of_load_balancer(load_balancer, "UnHealthyHostCount", "Minimum")
    of_group = {**unhealthy.dimensions, "TargetGroup": target_group.target_group_full_name}
    of_service = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    return [
        Alarm(
            name="gateway-unhealthy",
            says="Tasks of the gateway do not answer their health check.",
            metric=Metric(namespace=NAMESPACE, name=unhealthy.name, statistic=unhealthy.statistic, dimensions=of_group),
            above=0,
            periods=2,
        ),
        Alarm(
            name="gateway-cpu",
            says=f"The gateway's tasks use more than {CPU_PERCENT} % of their CPU.",
            metric=Metric(namespace="AWS/ECS", name="CPUUtilization", statistic="Average", dimensions=of_service),
            above=CPU_PERCENT,
            periods=3,
        ),
    ]


def _of_load_balancer(load_balancer: elbv2.ApplicationLoadBalancer, name: str, statistic: str) -> Metric:
    dimensions = {"LoadBalancer": load_balancer.load_balancer_full_name}
    return Metric(namespace=NAMESPACE, name=name, statistic=statistic, dimensions=dimensions)
