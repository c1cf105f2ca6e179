"""The function that judges a service's new versions: CodeDeploy calls it before and after it moves traffic."""

from pathlib import Path

from aws_cdk import ArnFormat, AssetHashType, Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bundles.architectures import machine
from cdk.bundles.bundle import digest_of
from cdk.bundles.release_check import HANDLER
from cdk.conventions.camel_case import camel
from cdk.conventions.grant import allow
from cdk.conventions.log_group import LogGroup
from cdk.conventions.suppressions import WAITS_FOR_ROLE, suppress_cfn_lint, suppress_fn_join, suppress_nag
from cdk.service.function import ARCHITECTURES, LAMBDA_WRITES_LOGS, NOT_RESERVED, SUPPRESSED
from cdk.service.service_key import ServiceKey
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import RELEASE_HOOK, Manifest

# Lambda's longest: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
TIMEOUT = Duration.minutes(15)
MEMORY_MB = 512
RELEASED_APART = "Only a release calls it: tests/e2e/apart/test_releases.py, on a platform of its own."


class ReleaseHook(Construct):
    """One function for all functions of a service; it may invoke their versions, and report on their deployments.

    A statement for each new version would change the role with each release, moments before the check: changes of IAM
    take seconds to arrive. So the role may invoke every version of the service's functions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        canary: Canary,
        bundle: Path,
        key: ServiceKey,
    ) -> None:
        super().__init__(scope, construct_id)
        prefix = f"{environment.prefix}-{manifest.service}-"
        full_name = f"{prefix}{RELEASE_HOOK}"
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {full_name} may do.",
        )
        group = LogGroup(self, "Logs", environment=environment, name=f"/aws/lambda/{full_name}", key=key.key)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=full_name,
            description=f"Judges new versions of {manifest.service}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=ARCHITECTURES[machine(environment.architecture)],
            handler=HANDLER,
            code=lambda_.Code.from_asset(
                str(bundle), asset_hash=digest_of(bundle), asset_hash_type=AssetHashType.CUSTOM
            ),
            role=self.role,
            memory_size=MEMORY_MB,
            timeout=TIMEOUT,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=group,
            environment={"RELEASE_PREFIX": prefix, "BAKE_MINUTES": str(canary.bake_minutes)},
        )
        allow(
            self.role,
            "Logs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            [group.log_group_arn],
            untested=LAMBDA_WRITES_LOGS,
        )
        suppress_cfn_lint(self.function, W3005=WAITS_FOR_ROLE)
        suppress_nag(self.function, {**SUPPRESSED, **NOT_RESERVED})

    def judge(self, function: str, alias: lambda_.Alias, *, group: str) -> None:
        """Let the hook judge the new versions of a function.

        Args:
            function: The function's name in the manifest.
            alias: The alias that CodeDeploy moves to the new version.
            group: `<application>/<deployment group>` of CodeDeploy.
        """
        sid = camel(function)
        self.function.add_environment(f"VERSION_{function.upper().replace('-', '_')}", alias.version.version)
        arn = alias.lambda_.function_arn
        allow(self.role, f"{sid}Versions", ["lambda:InvokeFunction"], [f"{arn}:*"], untested=RELEASED_APART)
        allow(self.role, f"{sid}Alias", ["lambda:GetAlias"], [arn], untested=RELEASED_APART)
        deployments = Stack.of(self).format_arn(
            service="codedeploy",
            resource="deploymentgroup",
            resource_name=group,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
            # References on a laptop, too: its roles are those of AWS.
            account=Aws.ACCOUNT_ID,
            region=Aws.REGION,
        )
        # As in AWS's own templates, although the list of actions names no resource of the second one:
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
        actions = ("codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus")
        allow(self.role, f"{sid}Deployments", actions, [deployments], untested=RELEASED_APART)
        policy = self.role.node.find_child("DefaultPolicy")
        suppress_fn_join(policy)
        logical_id = Stack.of(self).get_logical_id(alias.lambda_.node.default_child)  # type: ignore[arg-type] # a CfnFunction
        reason = "The number of a version is known only once it is published; see the class."
        suppress_nag(policy, {f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>:*]": reason})
