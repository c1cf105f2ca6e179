"""The network stack: a VPC, and the internal load balancer in front of every service.

If the gateway runs on AWS, the VPC also has public subnets, only for the gateway's load balancer, and the egress that
the environment chose for the gateway's tasks. Each security group opens one port to one other group.
"""

import json
from typing import cast

from aws_cdk import CfnOutput, Fn
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from cdk.conventions.grant import only_on_aws
from cdk.conventions.left_out import is_left_out
from cdk.conventions.log_group import LogGroup
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import WAITS_FOR_ROLE, suppress_cfn_lint, suppress_fn_join, suppress_nag
from cdk.conventions.trust import trust_own_account
from cdk.gateway.image import upstream_name
from cdk.settings.environment import MOST_ZONES, Environment
from cdk.settings.environment_sections import Edge

HTTPS_PORT = 443
# An environment without a gateway on AWS leaves this type out.
GATEWAY = "AWS::ECS::Service"
PRIVATE, PUBLIC = "Private", "Public"
ANYWHERE = "0.0.0.0/0"
# TLS 1.2 with authenticated encryption only, as Traefik's own list, or TLS 1.3:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
TLS_POLICY = elbv2.SslPolicy.TLS13_12_RES_PQ
# The AWS services that a task calls: the registry (with its layers in S3) and the logs, which also carry its metrics.
ENDPOINTS = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
}
# Findings in the CDK's own function, which runs only to empty the default security group.
_ONCE = "CloudFormation calls this code of the CDK once, and waits for its answer."
CDK_FUNCTION_FINDINGS = {
    "CKV_AWS_115": _ONCE,
    "CKV_AWS_116": _ONCE,
    "CKV_AWS_117": "It calls the API of EC2, which is outside the VPC.",
}
NOT_FOUND = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "No service answers this path."}


class NetworkStack(PlatformStack):
    """The VPC, the internal load balancer and its listener, and the gateway's security group."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="gateway",
            description="The network, and the internal load balancer in front of the services.",
        )
        self._zones = [Fn.select(zone, Fn.get_azs()) for zone in range(environment.availability_zones)]
        self._environment = environment
        self.serves_the_gateway = not is_left_out(self, environment, GATEWAY)
        self.vpc = self._network()
        self.gateway_group = ec2.SecurityGroup(
            self,
            "GatewayGroup",
            vpc=self.vpc,
            description="The gateway.",
            allow_all_outbound=False,
        )
        self.load_balancer_group = self._load_balancer_group()
        self.load_balancer = self._internal_load_balancer()
        self.listener = self._listener()
        if self.serves_the_gateway:
            self._allow_gateway_egress(environment.edge)
            self._add_private_name()
            self._log_flows()
        # Exported even if no service imports it: the first service must not change this stack.
        self.export_value(self.listener.listener_arn)
        CfnOutput(self, "LoadBalancerDnsName", value=self.load_balancer.load_balancer_dns_name)
        CfnOutput(self, "LoadBalancerServerName", value=self.server_name)
        # `make doctor` compares them with the environment's file.
        for key, value in environment.fixed_settings.items():
            CfnOutput(self, key, value=value)

    @property
    def availability_zones(self) -> list[str]:
        """The account's first zones, resolved by CloudFormation, so that a synthesis calls no AWS API."""
        return self._zones

    @property
    def server_name(self) -> str:
        """The name in the load balancer's certificate."""
        return upstream_name(self._environment)

    @property
    def private_subnets(self) -> ec2.SubnetSelection:
        """The subnets of the gateway's tasks and the internal load balancer."""
        return ec2.SubnetSelection(subnet_group_name=PRIVATE)

    def _network(self) -> ec2.Vpc:
        has_nat = self.serves_the_gateway and self._environment.edge.egress == "nat"
        # The private subnets get the first addresses, so that adding a gateway later does not move them.
        kind = ec2.SubnetType.PRIVATE_WITH_EGRESS if has_nat else ec2.SubnetType.PRIVATE_ISOLATED
        subnets = [ec2.SubnetConfiguration(name=PRIVATE, subnet_type=kind, cidr_mask=20)]
        if self.serves_the_gateway:
            public = ec2.SubnetType.PUBLIC
            subnets.append(
                ec2.SubnetConfiguration(name=PUBLIC, subnet_type=public, cidr_mask=24, map_public_ip_on_launch=False)
            )
        zones = self._environment.availability_zones
        vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=self._environment.prefix,
            ip_addresses=ec2.IpAddresses.cidr(self._environment.vpc_cidr),
            max_azs=zones,
            # Reserve addresses for a third zone: adding it must not move the existing subnets.
            reserved_azs=MOST_ZONES - zones,
            nat_gateways=1 if has_nat else 0,
            subnet_configuration=subnets,
            restrict_default_security_group=not is_left_out(self, self._environment, "Custom::VpcRestrictDefaultSG"),
        )
        for name, service in (
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
            ("DynamoDb", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        ):
            suppress_fn_join(vpc.add_gateway_endpoint(name, service=service))
        # The CDK's own function, which empties the default group.
        provider = self.node.try_find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
        if provider:
            suppress_fn_join(provider.node.find_child("Role"))
            only_on_aws(provider.node.find_child("Role"), "The CDK's own code has it; a laptop has no default group.")
            handler = provider.node.find_child("Handler")
            suppress_cfn_lint(handler, W3005=WAITS_FOR_ROLE)
            suppress_nag(handler, CDK_FUNCTION_FINDINGS)
        return vpc

    def _allow_gateway_egress(self, edge: Edge) -> None:
        """Allow the tasks to reach only the internal load balancer, and AWS for images, logs and metrics."""
        group = self.load_balancer_group.security_group_id
        self._egress("ToLoadBalancer", "HTTPS to the internal load balancer", destination_security_group_id=group)
        if edge.egress == "nat":
            self._egress("ToAws", "HTTPS to AWS, through the NAT gateway", cidr_ip=ANYWHERE)
            return
        self._egress("ToS3", "HTTPS to S3, where images lie", destination_prefix_list_id=edge.s3_prefix_list)
        endpoints = ec2.SecurityGroup(
            self,
            "EndpointGroup",
            vpc=self.vpc,
            description="The endpoints of AWS services: HTTPS from the gateway.",
            allow_all_outbound=False,
        )
        _inline_ingress(endpoints, port=HTTPS_PORT, source=self.gateway_group, description="HTTPS from the gateway")
        self._egress(
            "ToEndpoints",
            "HTTPS to the endpoints of AWS services",
            destination_security_group_id=endpoints.security_group_id,
        )
        for name, service in ENDPOINTS.items():
            self.vpc.add_interface_endpoint(
                name,
                service=service,
                subnets=self.private_subnets,
                security_groups=[endpoints],
                open=False,
                private_dns_enabled=True,
            )

    def _egress(self, name: str, description: str, **destination: str | None) -> None:
        ec2.CfnSecurityGroupEgress(
            self,
            name,
            group_id=self.gateway_group.security_group_id,
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            description=description,
            **destination,
        )

    def _add_private_name(self) -> None:
        """Resolve the certificate's name to the load balancer inside the VPC, so that the gateway needs no address."""
        zone = route53.PrivateHostedZone(self, "InternalZone", zone_name=self.server_name, vpc=self.vpc)
        target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.load_balancer))
        suppress_fn_join(route53.ARecord(self, "InternalName", zone=zone, target=target))

    def _log_flows(self) -> None:
        name = f"/aws/vpc/{self._environment.prefix}"
        group = LogGroup(self, "Flows", environment=self._environment, name=name)
        flows = self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))
        trust_own_account(flows.node.find_child("IAMRole"))
        only_on_aws(
            flows.node.find_child("IAMRole").node.find_child("DefaultPolicy"),
            "EC2 writes the logs of flows with it; a laptop has no flows.",
        )

    def _load_balancer_group(self) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "LoadBalancerGroup",
            vpc=self.vpc,
            description="The internal load balancer: HTTPS from the gateway. Lambda targets need no way out.",
            allow_all_outbound=False,
        )
        _inline_ingress(group, port=HTTPS_PORT, source=self.gateway_group, description="HTTPS from the gateway")
        return group

    def _internal_load_balancer(self) -> elbv2.ApplicationLoadBalancer:
        load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            load_balancer_name=f"{self._environment.prefix}-internal",
            vpc=self.vpc,
            vpc_subnets=self.private_subnets,
            security_group=self.load_balancer_group,
            internet_facing=False,
            drop_invalid_header_fields=True,
            deletion_protection=self._environment.retains,
        )
        logged = "Only the gateway calls it, and logs each request."
        suppress_nag(load_balancer, {"AwsSolutions-ELB2": logged, "CKV_AWS_91": logged})
        return load_balancer

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
            ssl_policy=TLS_POLICY,
            default_action=elbv2.ListenerAction.fixed_response(
                404,
                # The load balancer supports no other JSON type; the gateway answers such paths itself.
                content_type="application/json",
                message_body=json.dumps(NOT_FOUND),
            ),
        )


def _inline_ingress(group: ec2.SecurityGroup, *, port: int, source: ec2.SecurityGroup, description: str) -> None:
    """Add the rule to the group's own resource; `add_ingress_rule` would create another resource."""
    inline = cast("ec2.CfnSecurityGroup", group.node.default_child)
    inline.security_group_ingress = [
        ec2.CfnSecurityGroup.IngressProperty(
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            source_security_group_id=source.security_group_id,
            description=description,
        ),
    ]
