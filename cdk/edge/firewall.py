"""AWS WAF in front of the public load balancer: AWS managed rules, and a rate limit for each IP address."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from cdk.conventions.log_group import LogGroup
from cdk.conventions.suppressions import suppress_fn_join
from cdk.edge.firewall_rules import MANAGED_RULES, RATE_WINDOW_S, block, managed_rule, response_bodies
from cdk.settings.environment import Environment


class Firewall(Construct):
    """The web ACL, its association with the load balancer, and its log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        load_balancer: elbv2.ApplicationLoadBalancer,
    ) -> None:
        super().__init__(scope, construct_id)
        limit = environment.edge.firewall_requests_per_5_minutes
        acl = waf.CfnWebACL(
            self,
            "Rules",
            name=environment.prefix,
            description=f"What {environment.prefix} lets in.",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visibility("all"),
            rules=[
                _rate_rule(limit),
                *(
                    managed_rule(name, priority, _visibility(name))
                    for priority, name in enumerate(MANAGED_RULES, start=1)
                ),
            ],
            custom_response_bodies=response_bodies(),
        )
        waf.CfnWebACLAssociation(
            self,
            "Association",
            resource_arn=load_balancer.load_balancer_arn,
            web_acl_arn=acl.attr_arn,
        )
        # AWS WAF accepts only log groups with this prefix.
        group = LogGroup(self, "Logs", environment=environment, name=f"aws-waf-logs-{environment.prefix}")
        arn = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        logging = waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[arn],
            # The log must not contain tokens.
            redacted_fields=[waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": "authorization"})],
        )
        suppress_fn_join(logging)


def _rate_rule(limit: int) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name="rate",
        priority=0,
        action=block("too-many-requests", retry_after=str(RATE_WINDOW_S)),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=limit, aggregate_key_type="IP", evaluation_window_sec=RATE_WINDOW_S
            ),
        ),
        visibility_config=_visibility("rate"),
    )


def _visibility(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
