"""Releases of a service's functions: each new version is a canary, which alarms roll back."""

from collections.abc import Iterable
from typing import cast

from aws_cdk import CfnCodeDeployLambdaAliasUpdate, CfnUpdatePolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import allow, only_on_aws
from cdk.conventions.suppressions import suppress_fn_join
from cdk.service.release_hook import ReleaseHook
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS

# An environment without canaries leaves this resource type out.
DEPLOYMENT_GROUP = "AWS::CodeDeploy::DeploymentGroup"
# CodeDeploy rolls back a deployment that failed, or that an alarm or a person stopped.
ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


class Releases(Construct):
    """The deployment groups with which CodeDeploy moves each alias to its new version, and back if an alarm fires.

    CloudFormation waits for CodeDeploy, and rolls back the rest of the stack if the release fails.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, manifest: Manifest, canary: Canary
    ) -> None:
        super().__init__(scope, construct_id)
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

    def allow_hook(self, hook: ReleaseHook) -> None:
        """Let CodeDeploy call the hook of the service."""
        allow(self._role, "Hook", ["lambda:InvokeFunction"], [hook.function.function_arn])

    def add(
        self, function: str, alias: lambda_.Alias, *, alarms: Iterable[cloudwatch.CfnAlarm], hook: ReleaseHook
    ) -> None:
        """Release each new version of a function as a canary, and roll it back if one of the alarms fires.

        The hook judges the version before it gets traffic, and again while it bakes: CodeDeploy still watches the
        alarms then, and CloudFormation still waits for CodeDeploy.

        Args:
            function: The function's name in the manifest.
            alias: The alias that CodeDeploy moves.
            alarms: At most ten, the limit of a deployment group:
                https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
            hook: The service's.
        """
        watched = list(alarms)
        self._allow(camel(function), alias.lambda_.function_arn, [alarm.attr_arn for alarm in watched])
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
                enabled=True, alarms=[codedeploy.CfnDeploymentGroup.AlarmProperty(name=alarm.ref) for alarm in watched]
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
        resource.node.add_dependency(self._role, hook.role)

    def _allow(self, name: str, function_arn: str, alarms: list[str]) -> None:
        """Allow, only for this function, the actions of AWS's policy AWSCodeDeployRoleForLambdaLimited."""
        allow(self._role, f"{name}Alias", ("lambda:GetAlias", "lambda:UpdateAlias"), [function_arn])
        provisioned = ["lambda:GetProvisionedConcurrencyConfig"]
        allow(self._role, f"{name}Provisioned", provisioned, [f"{function_arn}:{ALIAS}"])
        allow(self._role, f"{name}Alarms", ["cloudwatch:DescribeAlarms"], alarms)
        policy = self._role.node.find_child("DefaultPolicy")
        only_on_aws(policy, "CodeDeploy moves aliases in its name; on a laptop CloudFormation moves them at once.")
        suppress_fn_join(policy)
