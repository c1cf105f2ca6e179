"""Traefik on ECS Fargate: its tasks with almost no permissions, and the scaling of their number."""

from pathlib import Path
from typing import cast

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from cdk.conventions.grant import only_on_aws
from cdk.conventions.log_group import LogGroup
from cdk.conventions.past_alarms import goes_past_alarms
from cdk.conventions.suppressions import suppress_cfn_lint, suppress_fn_join, suppress_nag
from cdk.conventions.trust import trust_own_account
from cdk.edge.metrics_sidecar import add_metrics_sidecar
from cdk.gateway import collector
from cdk.gateway.capacity import TASK_CPU_PERCENT, requests_per_task_and_s
from cdk.gateway.image import DEREGISTRATION_DELAY_S, HOME, HTTPS_PORT, STATIC_FILE, STOP_TIMEOUT_S, USER
from cdk.gateway.routers import PING_PATH
from cdk.settings.environment import Environment
from cdk.shared_stacks.network import NetworkStack

CONTAINER = "traefik"
WAITS_FOR_LISTENER = "The CDK lets a service wait for the listener of its target group, and names the group beside it."


class TraefikService(Construct):
    """The ECS service behind the public load balancer's listener; its tasks are spread over the zones."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        image_folder: Path,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._edge = environment.edge
        cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=environment.prefix,
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        group = ec2.SecurityGroup.from_security_group_id(
            self, "Group", network.gateway_group.security_group_id, mutable=False
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name="gateway",
            cluster=cluster,
            # No desired count: only the scaling sets it. With a number here, every deployment would end tasks that the
            # load needs. The first deployment begins with one task, and the scaling immediately starts the others.
            # https://github.com/aws/aws-cdk/issues/3919
            task_definition=self._task(image_folder),
            vpc_subnets=network.private_subnets,
            security_groups=[group],
            assign_public_ip=False,
            # New tasks answer before old ones end. A deployment is rolled back if its tasks never answer.
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.seconds(30),
            enable_execute_command=False,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )

    def _task(self, image_folder: Path) -> ecs.FargateTaskDefinition:
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=f"{self._environment.prefix}-gateway",
            cpu=self._edge.task_cpu,
            memory_limit_mib=self._edge.task_memory_mb,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        kernel = ecs.LinuxParameters(self, "Kernel", init_process_enabled=False)
        kernel.drop_capabilities(ecs.Capability.ALL)
        asset = assets.DockerImageAsset(
            self,
            "Image",
            directory=str(image_folder),
            exclude=[collector.FOLDER],
            platform=assets.Platform.LINUX_ARM64,
        )
        container = task.add_container(
            CONTAINER,
            container_name=CONTAINER,
            image=ecs.ContainerImage.from_docker_image_asset(asset),
            user=USER,
            readonly_root_filesystem=True,
            privileged=False,
            linux_parameters=kernel,
            cpu=self._edge.task_cpu - collector.CPU,
            memory_limit_mib=self._edge.task_memory_mb - collector.MEMORY_MB,
            stop_timeout=Duration.seconds(STOP_TIMEOUT_S),
            health_check=ecs.HealthCheck(
                command=["CMD", "/traefik", "healthcheck", f"--configFile={HOME}/{STATIC_FILE}"],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(15),
            ),
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix="gateway", log_group=self._log_group("Logs", f"{self._environment.prefix}-gateway")
            ),
        )
        metrics = self._log_group("MetricLogs", f"{self._environment.prefix}-gateway-metrics")
        sidecar = add_metrics_sidecar(
            self,
            task,
            image_folder=image_folder,
            logging=ecs.LogDrivers.aws_logs(stream_prefix="metrics", log_group=metrics),
        )
        # ECS stops the dependent container first, so the sidecar still counts the answers of a Traefik that drains.
        container.add_container_dependencies(
            ecs.ContainerDependency(container=sidecar, condition=ecs.ContainerDependencyCondition.START)
        )
        for role in (task.task_role, task.obtain_execution_role()):
            trust_own_account(role)
        # The permissions to pull the image and to write the logs.
        policy = task.obtain_execution_role().node.find_child("DefaultPolicy")
        suppress_fn_join(policy)
        suppress_nag(policy, {"AwsSolutions-IAM5[Resource::*]": "AWS has no resource for ecr:GetAuthorizationToken."})
        only_on_aws(policy, "ECS pulls the image and writes the logs; a laptop runs the binary itself.")
        container.add_port_mappings(ecs.PortMapping(container_port=HTTPS_PORT, name="https"))
        return task

    def _log_group(self, construct_id: str, name: str) -> LogGroup:
        return LogGroup(self, construct_id, environment=self._environment, name=f"/aws/ecs/{name}")

    def roll_back_on(self, alarm: cloudwatch.CfnAlarm) -> None:
        """Roll back a deployment if the alarm fires during it, unless this deployment goes past alarms."""
        self.service.enable_deployment_alarms([alarm.ref], behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM)
        if goes_past_alarms(self):
            service = cast("CfnResource", self.service.node.find_child("Service"))
            service.add_property_override("DeploymentConfiguration.Alarms.Enable", value=False)

    def receive_from(self, listener: elbv2.ApplicationListener) -> elbv2.ApplicationTargetGroup:
        """Register the tasks as the HTTPS target of a listener, and scale their number with requests and CPU."""
        target_group = listener.add_targets(
            "Gateway",
            target_group_name=f"{self._environment.prefix}-gateway",
            port=HTTPS_PORT,
            protocol=elbv2.ApplicationProtocol.HTTPS,
            targets=[self.service.load_balancer_target(container_name=CONTAINER, container_port=HTTPS_PORT)],
            deregistration_delay=Duration.seconds(DEREGISTRATION_DELAY_S),
            health_check=elbv2.HealthCheck(
                path=PING_PATH,
                protocol=elbv2.Protocol.HTTPS,
                healthy_http_codes="200",
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
        )
        scaling = self.service.auto_scale_task_count(
            min_capacity=self._edge.tasks_min, max_capacity=self._edge.tasks_max
        )
        suppress_fn_join(scaling.node.find_child("Target"))
        suppress_cfn_lint(self.service.node.find_child("Service"), W3005=WAITS_FOR_LISTENER)
        scaling.scale_on_request_count(
            "Requests",
            requests_per_target=requests_per_task_and_s(self._edge) * 60,
            target_group=target_group,
            scale_in_cooldown=Duration.minutes(5),
            scale_out_cooldown=Duration.minutes(1),
        )
        scaling.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=TASK_CPU_PERCENT,
            scale_in_cooldown=Duration.minutes(5),
            scale_out_cooldown=Duration.minutes(1),
        )
        return target_group
