"""The alarms of the gateway when it runs on AWS."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from cdk.gateway import collector
from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Metric, percent_of_requests
from cdk.settings.environment import Environment

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
NAMESPACE = "AWS/ApplicationELB"
# The used share of the tasks' CPU. The scaling adds tasks long before, at `TASK_CPU_PERCENT`.
CPU_PERCENT = 90


def gateway_failures(
    environment: Environment, *, public: elbv2.ApplicationLoadBalancer, internal: elbv2.ApplicationLoadBalancer
) -> Alarm:
    """Return the alarm on requests that fail at or before the gateway; it rolls back a new image.

    A failing service must not roll back a sound gateway. So neither the answers of services count, nor the errors with
    which the internal load balancer answers for their functions: only 502 and 504 of Traefik beyond those.
    """
    own = Metric(
        namespace=collector.namespace(environment),
        name="ServiceRequests",
        statistic="Sum",
        dimensions={"service": collector.GATEWAY, "class": "5xx"},
    )
    percent = environment.alarms.error_percent
    return Alarm(
        name="gateway-failures",
        description=f"More than {percent:g} % of the requests fail at the gateway, not in a service.",
        metric=percent_of_requests(
            environment,
            "IF(FILL(own, 0) > FILL(functions, 0), FILL(own, 0) - FILL(functions, 0), 0) + FILL(refused, 0)",
            {
                "requests": _load_balancer_metric(public, "RequestCount", "Sum"),
                "own": own,
                "functions": _load_balancer_metric(internal, "HTTPCode_ELB_5XX_Count", "Sum"),
                "refused": _load_balancer_metric(public, "HTTPCode_ELB_5XX_Count", "Sum"),
            },
        ),
        threshold=percent,
        period_s=60,
        evaluation_periods=3,
        datapoints_to_alarm=2,
    )


def gateway_alarms(
    environment: Environment,
    *,
    load_balancer: elbv2.ApplicationLoadBalancer,
    target_group: elbv2.ApplicationTargetGroup,
    service: ecs.FargateService,
) -> list[Alarm]:
    """List the gateway's alarms that roll back nothing."""
    # Absent if no task is registered, which the number of unhealthy tasks would not show.
    healthy = _load_balancer_metric(load_balancer, "HealthyHostCount", "Minimum")
    of_group = {**healthy.dimensions, "TargetGroup": target_group.target_group_full_name}
    of_service = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    least = environment.edge.tasks_min
    return [
        Alarm(
            name="gateway-unhealthy",
            description=f"Fewer than {least} tasks of the gateway pass their health check.",
            metric=Metric(namespace=NAMESPACE, name=healthy.name, statistic=healthy.statistic, dimensions=of_group),
            threshold=least,
            period_s=60,
            # ECS replaces a task within this time.
            evaluation_periods=5,
            least=True,
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
