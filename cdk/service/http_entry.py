"""The route from the internal load balancer to a service: a target group with one alias, and a rule for its path."""

import zlib
from collections.abc import Iterable

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.conventions.suppressions import suppress_fn_join
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import Environment
from cdk.settings.manifest import PRIORITY_MAX, PRIORITY_MIN, Manifest
from cdk.settings.manifests import MANIFEST


class HttpEntry(Construct):
    """The alias behind the listener; the permission names the only target group that may invoke it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        alias: lambda_.Alias,
        listener: elbv2.IApplicationListener,
    ) -> None:
        super().__init__(scope, construct_id)
        if manifest.http is None:
            raise ValueError(f"{manifest.service} is not served over HTTP")
        name = f"{environment.prefix}-{manifest.service}"
        permission = lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=alias.function_arn,
            principal="elasticloadbalancing.amazonaws.com",
            # The group's id is not known yet: its creation registers the function, which needs this permission.
            source_arn=Stack.of(self).format_arn(
                service="elasticloadbalancing",
                resource="targetgroup",
                resource_name=f"{name}/*",
                arn_format=ArnFormat.SLASH_RESOURCE_NAME,
            ),
        )
        suppress_fn_join(permission)
        group = elbv2.CfnTargetGroup(
            self,
            "TargetGroup",
            name=name,
            target_type="lambda",
            targets=[elbv2.CfnTargetGroup.TargetDescriptionProperty(id=alias.function_arn)],
            # Otherwise only the last value of a header or parameter would arrive, and a response could have one cookie.
            target_group_attributes=[
                elbv2.CfnTargetGroup.TargetGroupAttributeProperty(
                    key="lambda.multi_value_headers.enabled",
                    value="true",
                ),
            ],
        )
        group.node.add_dependency(permission)
        elbv2.CfnListenerRule(
            self,
            "Rule",
            listener_arn=listener.listener_arn,
            priority=rule_priority(manifest),
            conditions=[
                elbv2.CfnListenerRule.RuleConditionProperty(
                    field="path-pattern",
                    path_pattern_config=elbv2.CfnListenerRule.PathPatternConfigProperty(
                        values=[manifest.http.path, f"{manifest.http.path}/*"],
                    ),
                ),
            ],
            actions=[elbv2.CfnListenerRule.ActionProperty(type="forward", target_group_arn=group.ref)],
        )


def rule_priority(manifest: Manifest) -> int:
    """Derive the rule's priority only from the service's name, so that a new service changes no other rule."""
    if manifest.http and manifest.http.priority:
        return manifest.http.priority
    return PRIORITY_MIN + zlib.crc32(manifest.service.encode()) % (PRIORITY_MAX - PRIORITY_MIN)


def check_priorities(manifests: Iterable[Manifest]) -> None:
    """Reject two services with the same priority, which would fail only in the middle of a deployment.

    Raises:
        ConfigurationError: Two services have the same priority; the message names both and the remedy.
    """
    owners: dict[int, Manifest] = {}
    for manifest in manifests:
        if manifest.http is None:
            continue
        first = owners.setdefault(rule_priority(manifest), manifest)
        if first is not manifest:
            file = (manifest.folder / MANIFEST).as_posix()
            taken = f"{first.service} already has {rule_priority(manifest)}"
            remedy = f"set another one, from {PRIORITY_MIN} to {PRIORITY_MAX}"
            raise ConfigurationError([f"{file}: http.priority: expected a unique number; {taken}: {remedy}"])
