"""The gateway stack: the public entry from the Internet, and Traefik behind it."""

from pathlib import Path

from aws_cdk import CfnOutput
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from cdk.conventions.stack import PlatformStack
from cdk.edge.public_entry import PublicEntry
from cdk.edge.traefik_service import TraefikService
from cdk.gateway.image import HTTPS_PORT
from cdk.monitoring.alarm import add_alarms
from cdk.monitoring.gateway_alarms import gateway_alarms, gateway_failures
from cdk.settings.environment import Environment
from cdk.shared_stacks.network import NetworkStack


class GatewayStack(PlatformStack):
    """The stack of the public entry and Traefik, with the one open port between them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        image_folder: Path,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="gateway",
            description="Traefik on ECS Fargate, behind the public load balancer.",
        )
        entry = PublicEntry(self, "Entry", environment=environment, network=network)
        traefik = TraefikService(self, "Traefik", environment=environment, network=network, image_folder=image_folder)
        targets = traefik.receive_from(entry.listener)
        failures = gateway_failures(environment, public=entry.load_balancer, internal=network.load_balancer)
        other_alarms = gateway_alarms(
            environment, load_balancer=entry.load_balancer, target_group=targets, service=traefik.service
        )
        alarms = add_alarms(self, environment, [failures, *other_alarms])
        traefik.roll_back_on(alarms[failures.name])
        # The CDK opens the load balancer's side. The tasks' group is in the network stack, which must not change.
        ec2.CfnSecurityGroupIngress(
            self,
            "FromLoadBalancer",
            group_id=network.gateway_group.security_group_id,
            source_security_group_id=entry.group.security_group_id,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            description="HTTPS from the public load balancer",
        )
        CfnOutput(self, "Url", value=environment.url)
