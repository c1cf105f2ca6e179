"""The metrics sidecar of the gateway's tasks: a container that carries Traefik's metrics to CloudWatch."""

from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from cdk.gateway.collector import CPU, FOLDER, MEMORY_MB
from cdk.gateway.image import USER

CONTAINER = "metrics"


def add_metrics_sidecar(
    scope: Construct, task: ecs.FargateTaskDefinition, *, image_folder: Path, logging: ecs.LogDriver
) -> ecs.ContainerDefinition:
    """Add the collector's container to the task.

    The container is not essential: the task serves requests without it, and ECS restarts it when it ends. It writes
    metrics only to its log, so that the task's role needs no permission.
    """
    kernel = ecs.LinuxParameters(scope, "CollectorKernel", init_process_enabled=False)
    kernel.drop_capabilities(ecs.Capability.ALL)
    # The machine that deploys pulls the public image. Tasks pull it from the account's own registry, the only one that
    # they reach without Internet access.
    asset = assets.DockerImageAsset(
        scope, "Collector", directory=str(image_folder / FOLDER), platform=assets.Platform.LINUX_ARM64
    )
    return task.add_container(
        CONTAINER,
        container_name=CONTAINER,
        image=ecs.ContainerImage.from_docker_image_asset(asset),
        essential=False,
        enable_restart_policy=True,
        restart_attempt_period=Duration.seconds(60),
        user=USER,
        readonly_root_filesystem=True,
        privileged=False,
        linux_parameters=kernel,
        cpu=CPU,
        memory_limit_mib=MEMORY_MB,
        health_check=ecs.HealthCheck(
            command=["CMD", "/healthcheck"],
            interval=Duration.seconds(30),
            timeout=Duration.seconds(5),
            retries=3,
            start_period=Duration.seconds(30),
        ),
        logging=logging,
    )
