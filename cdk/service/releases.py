"""Releases of a service's functions: each new version is a canary, which alarms of its own roll back."""

from typing import cast

from aws_cdk import CfnCodeDeployLambdaAliasUpdate, CfnUpdatePolicy
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import allow, only_on_aws
from cdk.conventions.past_alarms import goes_past_alarms
from cdk.conventions.suppressions import suppress_cfn_lint, suppress_fn_join, suppress_nag
from cdk.monitoring.alarm import add_release_alarm
from cdk.monitoring.release_alarms import NewVersion, release_alarms
from cdk.service.release_hook import ReleaseHook
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS

# CodeDeploy rolls back a deployment that failed, or that an alarm or a person stopped.
ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
NAMED_IN_POLICY = (
    "CloudFormation does not document that a reference in an update policy orders resources, and the group must watch"
    " the new alarms before the alias moves."
)
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
EVERY_ALARM = (
    "AWSCodeDeployRoleForLambdaLimited allows it on every alarm. If CodeDeploy needs more than the group's own alarms,"
    " it stops every release but the first. The action only reads."
)


class Releases(Construct):
    """The deployment groups with which CodeDeploy moves each alias to its new version, and back if an alarm fires.

    CloudFormation waits for CodeDeploy, and rolls back the rest of the stack if the release fails.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, manifest: Manifest, canary: Canary
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment, self._manifest, self._canary = environment, manifest, canary
        self._name = f"{environment.prefix}-{manifest.service}"
        self._application = codedeploy.CfnApplication(
            self, "Application", application_name=self._name, compute_platform="Lambda"
        )
        self._pace = codedeploy.CfnDeploymentConfig(
            self,
            "Pace",
            # If one of these values changes, CloudFormation creates a new configuration, which needs another name.
            deployment_config_name=f"{self._name}-{canary.percent}-percent-{canary.minutes}-minutes",
            compute_platform="Lambda",
            traffic_routing_config=codedeploy.CfnDeploymentConfig.TrafficRoutingConfigProperty(
                type="TimeBasedCanary",
                time_based_canary=codedeploy.CfnDeploymentConfig.TimeBasedCanaryProperty(
                    canary_percentage=canary.percent, canary_interval=canary.minutes
                ),
            ),
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
            description=f"What releases of {self._name} may do.",
        )
        allow(self._role, "Alarms", ["cloudwatch:DescribeAlarms"], ["*"])
        suppress_nag(self._role.node.find_child("DefaultPolicy"), {"AwsSolutions-IAM5[Resource::*]": EVERY_ALARM})

    def allow_hook(self, hook: ReleaseHook) -> None:
        """Let CodeDeploy call the hook of the service."""
        allow(self._role, "Hook", ["lambda:InvokeFunction"], [hook.function.function_arn])

    def add(self, function: str, alias: lambda_.Alias, *, hook: ReleaseHook) -> None:
        """Release each new version of a function as a canary, and roll it back if one of its alarms fires.

        CloudFormation creates the version, then its alarms, lets the group watch them, and only then moves the alias.

        The hook judges the version before it gets traffic, and again while it bakes: CodeDeploy still watches the
        alarms then, and CloudFormation still waits for CodeDeploy.

        Args:
            function: The function's name in the manifest.
            alias: The alias that CodeDeploy moves to its version.
            hook: The service's.
        """
        self._allow(camel(function), alias.lambda_.function_arn)
        hook.judge(function, alias, group=f"{self._name}/{self._name}-{function}")
        group = codedeploy.CfnDeploymentGroup(
            self,
            camel(function),
            application_name=self._application.ref,
            deployment_group_name=f"{self._name}-{function}",
            deployment_config_name=self._pace.ref,
            service_role_arn=self._role.role_arn,
            deployment_style=codedeploy.CfnDeploymentGroup.DeploymentStyleProperty(
                deployment_type="BLUE_GREEN", deployment_option="WITH_TRAFFIC_CONTROL"
            ),
            alarm_configuration=codedeploy.CfnDeploymentGroup.AlarmConfigurationProperty(
                enabled=not goes_past_alarms(self), alarms=self._alarms(function, version=alias.version.version)
            ),
            auto_rollback_configuration=codedeploy.CfnDeploymentGroup.AutoRollbackConfigurationProperty(
                enabled=True, events=ROLLBACK_EVENTS
            ),
        )
        resource = cast("lambda_.CfnAlias", alias.node.default_child)
        resource.cfn_options.update_policy = CfnUpdatePolicy(
            code_deploy_lambda_alias_update=CfnCodeDeployLambdaAliasUpdate(
                application_name=self._application.ref,
                deployment_group_name=group.ref,
                before_allow_traffic_hook=hook.function.function_name,
                after_allow_traffic_hook=hook.function.function_name,
            )
        )
        resource.node.add_dependency(self._role, group, hook.role)
        suppress_cfn_lint(resource, W3005=NAMED_IN_POLICY)

    def _alarms(self, function: str, *, version: str) -> list[codedeploy.CfnDeploymentGroup.AlarmProperty]:
        new = NewVersion(
            environment=self._environment,
            manifest=self._manifest,
            canary=self._canary,
            function=function,
            version=version,
        )
        added = [add_release_alarm(self, self._environment, alarm, version=version) for alarm in release_alarms(new)]
        return [codedeploy.CfnDeploymentGroup.AlarmProperty(name=alarm.ref) for alarm in added]

    def _allow(self, name: str, function_arn: str) -> None:
        """Allow, only for this function, the actions of AWS's policy AWSCodeDeployRoleForLambdaLimited."""
        allow(self._role, f"{name}Alias", ("lambda:GetAlias", "lambda:UpdateAlias"), [function_arn])
        provisioned = ["lambda:GetProvisionedConcurrencyConfig"]
        allow(self._role, f"{name}Provisioned", provisioned, [f"{function_arn}:{ALIAS}"])
        policy = self._role.node.find_child("DefaultPolicy")
        only_on_aws(policy, "CodeDeploy moves aliases in its name; on a laptop, only `make release` does.")
        suppress_fn_join(policy)
