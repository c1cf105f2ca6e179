"""The public entry: the load balancer, its certificate, its DNS name, and the firewall in front of it."""

from aws_cdk import Duration, Fn
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.edge.firewall import Firewall
from cdk.settings.environment import Environment
from cdk.shared_stacks.network import ANYWHERE, HTTPS_PORT, PUBLIC, TLS_POLICY, NetworkStack

HTTP_PORT = 80
# The load balancer must close an idle connection before the gateway does: Traefik closes it after 180 s.
IDLE_TIMEOUT = Duration.seconds(60)


class PublicEntry(Construct):
    """The public load balancer: it accepts HTTPS, redirects HTTP, and forwards only to the gateway's tasks."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, network: NetworkStack) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self.group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=network.vpc,
            description="The public load balancer: HTTP and HTTPS from everywhere.",
            allow_all_outbound=False,
        )
        for port, what in ((HTTPS_PORT, "HTTPS from everywhere"), (HTTP_PORT, "HTTP from everywhere, to redirect it")):
            self.group.add_ingress_rule(ec2.Peer.ipv4(ANYWHERE), ec2.Port.tcp(port), what)
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            load_balancer_name=environment.prefix,
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name=PUBLIC),
            security_group=self.group,
            internet_facing=True,
            drop_invalid_header_fields=True,
            deletion_protection=environment.retains,
            idle_timeout=IDLE_TIMEOUT,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.STRICTEST,
        )
        public = "It is the one public way in: HTTPS, and HTTP to redirect it."
        suppress_nag(self.group, {"AwsSolutions-EC23": public, "CKV_AWS_260": public})
        self.load_balancer.log_access_logs(self._access_logs())
        self.listener = self._listeners()
        Firewall(self, "Firewall", environment=environment, load_balancer=self.load_balancer)

    def _listeners(self) -> elbv2.ApplicationListener:
        environment = self._environment
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=environment.hosted_zone_id, zone_name=environment.domain
        )
        certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=environment.domain,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.load_balancer))
        suppress_fn_join(route53.ARecord(self, "Name", zone=zone, target=target))
        self.load_balancer.add_listener(
            "Http",
            port=HTTP_PORT,
            open=False,
            default_action=elbv2.ListenerAction.redirect(
                protocol="HTTPS", port=str(HTTPS_PORT), host=environment.domain, permanent=True
            ),
        )
        return self.load_balancer.add_listener(
            "Https",
            port=HTTPS_PORT,
            open=False,
            certificates=[certificate],
            ssl_policy=TLS_POLICY,
        )

    def _access_logs(self) -> s3.Bucket:
        """Create the bucket of access logs; load balancers can write only to buckets encrypted with S3's own key."""
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=Fn.sub(f"{self._environment.prefix}-access-logs-${{AWS::AccountId}}"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(self._environment.log_retention_days),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=removal_of(self._environment),
        )
        suppress_fn_join(bucket.node.find_child("Policy"))
        endless = "It holds access logs itself, and a log of their own would never end."
        suppress_nag(bucket, {"AwsSolutions-S1": endless, "CKV_AWS_18": endless})
        return bucket
