"""The network stack: a VPC without a way out, and the internal load balancer that every service is reached through."""

import json
from typing import cast

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import Environment as Account
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from constructs import Construct

from cdk.deliberate import JOINED, WAITS_FOR_ROLE, deliberate
from cdk.environment import Environment
from cdk.left_out import has
from cdk.tags import tag

HTTPS_PORT = 443
NOT_FOUND = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No service answers this path."}


class NetworkStack(Stack):
    """What the services share on the way of a request."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Account(account=environment.account, region=environment.region),
            description="The network, and the internal load balancer in front of the services.",
            termination_protection=environment.retains,
        )
        self._zones = [Fn.select(zone, Fn.get_azs()) for zone in range(environment.availability_zones)]
        self._environment = environment
        self.vpc = self._private_network()
        self.gateway_group = ec2.SecurityGroup(
            self,
            "GatewayGroup",
            vpc=self.vpc,
            description="The gateway.",
            allow_all_outbound=False,
        )
        self.load_balancer = self._internal_load_balancer()
        self.listener = self._listener()
        # Exported whether a service uses it yet or not: the first service must not change this stack.
        self.export_value(self.listener.listener_arn)
        CfnOutput(self, "LoadBalancerDnsName", value=self.load_balancer.load_balancer_dns_name)
        CfnOutput(self, "LoadBalancerServerName", value=self.server_name)
        tag(self, environment, service="gateway", owner="platform")

    @property
    def availability_zones(self) -> list[str]:
        """The account's first zones, which CloudFormation knows: asking AWS at synth would be a call."""
        return self._zones

    @property
    def server_name(self) -> str:
        """The name that the load balancer's certificate is for."""
        return f"internal.{self._environment.domain}"

    def _private_network(self) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=self._environment.prefix,
            ip_addresses=ec2.IpAddresses.cidr(self._environment.vpc_cidr),
            max_azs=self._environment.availability_zones,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20),
            ],
            restrict_default_security_group=has(self, self._environment, "Custom::VpcRestrictDefaultSG"),
        )
        for name, service in (
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
            ("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        ):
            deliberate(vpc.add_gateway_endpoint(name, service=service), I1022=JOINED)
        # The CDK's own code, which empties the default group.
        provider = self.node.try_find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
        if provider:
            deliberate(provider.node.find_child("Role"), I1022=JOINED)
            deliberate(provider.node.find_child("Handler"), W3005=WAITS_FOR_ROLE)
        return vpc

    def _internal_load_balancer(self) -> elbv2.ApplicationLoadBalancer:
        group = ec2.SecurityGroup(
            self,
            "LoadBalancerGroup",
            vpc=self.vpc,
            description="The internal load balancer: HTTPS from the gateway. Lambda targets need no way out.",
            allow_all_outbound=False,
        )
        # Written inline, unlike what `add_ingress_rule` makes of a group: one resource less, which the group owns.
        inline = cast("ec2.CfnSecurityGroup", group.node.default_child)
        inline.security_group_ingress = [
            ec2.CfnSecurityGroup.IngressProperty(
                ip_protocol="tcp",
                from_port=HTTPS_PORT,
                to_port=HTTPS_PORT,
                source_security_group_id=self.gateway_group.security_group_id,
                description="HTTPS from the gateway",
            ),
        ]
        return elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            load_balancer_name=f"{self._environment.prefix}-internal",
            vpc=self.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_group=group,
            internet_facing=False,
            drop_invalid_header_fields=True,
            deletion_protection=self._environment.retains,
        )

    def _listener(self) -> elbv2.ApplicationListener:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self,
            "Zone",
            hosted_zone_id=self._environment.hosted_zone_id,
            zone_name=self._environment.domain,
        )
        certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=self.server_name,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        return self.load_balancer.add_listener(
            "Https",
            port=HTTPS_PORT,
            open=False,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
            default_action=elbv2.ListenerAction.fixed_response(
                404,
                # The load balancer takes no other JSON type; the gateway answers such paths before it does.
                content_type="application/json",
                message_body=json.dumps(NOT_FOUND),
            ),
        )
