"""The alarms of the gateway when it runs on AWS."""

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from cdk.gateway import collector
from cdk.monitoring.alarm import Alarm
from cdk.monitoring.metric import Expression, Metric, percent_of_requests
from cdk.settings.environment import Environment

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
NAMESPACE = "AWS/ApplicationELB"
# The used share of the tasks' CPU. The scaling adds tasks long before, at `TASK_CPU_PERCENT`.
CPU_PERCENT = 90
# Traefik's metrics and those of load balancers arrive in different minutes; over five, they count the same requests.
FAILURES_MINUTES = 5


def gateway_failures(
    environment: Environment, *, public: elbv2.ApplicationLoadBalancer, internal: elbv2.ApplicationLoadBalancer
) -> Alarm:
    """Return the alarm on requests that fail at or before the gateway; it rolls back a new image.

    A failing service must not roll back a sound gateway. So only 502 and 504 of Traefik count, and of these only those
    beyond what the internal load balancer has seen: server errors that services answer, 502 and 504 among them, and
    errors with which it answers for their functions.
    """
    own = Metric(
        namespace=collector.namespace(environment),
        name="ServiceRequests",
        statistic="Sum",
        dimensions={"service": collector.GATEWAY, "class": "5xx"},
    )
    of_services = "(FILL(functions, 0) + FILL(services, 0))"
    percent = environment.alarms.error_percent
    return Alarm(
        name="gateway-failures",
        description=f"More than {percent:g} % of the requests fail at the gateway, not in a service.",
        metric=percent_of_requests(
            environment,
            f"IF(FILL(own, 0) > {of_services}, FILL(own, 0) - {of_services}, 0) + FILL(refused, 0)",
            {
                "requests": _load_balancer_metric(public, "RequestCount", "Sum"),
                "own": own,
                "functions": _load_balancer_metric(internal, "HTTPCode_ELB_5XX_Count", "Sum"),
                "services": _load_balancer_metric(internal, "HTTPCode_Target_5XX_Count", "Sum"),
                "refused": _load_balancer_metric(public, "HTTPCode_ELB_5XX_Count", "Sum"),
            },
            minutes=FAILURES_MINUTES,
        ),
        threshold=percent,
        period_s=FAILURES_MINUTES * 60,
    )


def gateway_alarms(
    environment: Environment,
    *,
    load_balancer: elbv2.ApplicationLoadBalancer,
    target_group: elbv2.ApplicationTargetGroup,
    service: ecs.FargateService,
) -> list[Alarm]:
    """List the gateway's alarms that roll back nothing."""
    # Absent if no task is registered, which the number of unhealthy tasks would not show: then it is 0, and if the
    # absent metric makes the expression absent too, the alarm treats that as breaching.
    healthy = _load_balancer_metric(load_balancer, "HealthyHostCount", "Minimum")
    of_group = {**healthy.dimensions, "TargetGroup": target_group.target_group_full_name}
    of_service = {"ClusterName": service.cluster.cluster_name, "ServiceName": service.service_name}
    least = environment.edge.tasks_min
    return [
        Alarm(
            name="gateway-unhealthy",
            description=f"Fewer than {least} tasks of the gateway pass their health check.",
            metric=Expression(
                text="FILL(healthy, 0)",
                metrics={
                    "healthy": Metric(
                        namespace=NAMESPACE, name=healthy.name, statistic=healthy.statistic, dimensions=of_group
                    )
                },
            ),
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
