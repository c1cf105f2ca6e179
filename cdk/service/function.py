"""A Lambda function of a service: its role, its log group, and its version behind the alias `live`."""

import json
from pathlib import Path
from typing import cast

from aws_cdk import Annotations, AssetHashType, CfnResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bundles.architectures import machine
from cdk.bundles.bundle import digest_of
from cdk.conventions.grant import allow
from cdk.conventions.log_group import LogGroup
from cdk.conventions.removal import removal_of_versions
from cdk.conventions.suppressions import WAITS_FOR_ROLE, suppress_cfn_lint, suppress_nag
from cdk.monitoring.metric import application_namespace
from cdk.service.service_key import ServiceKey
from cdk.settings.environment import Environment
from cdk.settings.manifest import Function, Manifest
from functions.shared.interface.names import ALIAS

PYTHON_IS_PINNED = "Bundles, locks and tests are of Python 3.13; a newer one comes with all of them."
NOT_ASYNCHRONOUS = "It is never invoked asynchronously; queues and streams keep their own failures."
SUPPRESSED = {
    "AwsSolutions-L1": PYTHON_IS_PINNED,
    "Serverless-LambdaLatestVersion": PYTHON_IS_PINNED,
    "Serverless-LambdaDLQ": NOT_ASYNCHRONOUS,
    "Serverless-LambdaTracing": "Every log line carries the trace id of its request, through events and queues, too.",
    "CKV_AWS_116": NOT_ASYNCHRONOUS,
    "CKV_AWS_117": "It calls AWS and the Internet, by roles and by TLS; a network of ours would guard nothing.",
    "CKV_AWS_173": "It is told names, never a secret; Lambda encrypts them with a key of its own.",
}
NOT_RESERVED = {
    "CKV_AWS_115": "The account's concurrency is shared; a manifest reserves where one must not starve others."
}
LAMBDA_WRITES_LOGS = "Lambda writes the log in the role's name; the embedded AWS uses no role for it."


class ServiceFunction(Construct):
    """One function of the manifest; the constructs of its triggers and data add their own grants."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        manifest: Manifest,
        name: str,
        bundle: Path,
        key: ServiceKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.manifest: Function = manifest.functions[name]
        self.timeout = Duration.seconds(self.manifest.timeout_s)
        full_name = f"{environment.prefix}-{manifest.service}-{name}"
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {full_name} may do.",
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=full_name,
            description=f"{name} of {manifest.service}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=ARCHITECTURES[machine(environment.architecture)],
            handler=self.manifest.handler,
            code=lambda_.Code.from_asset(
                str(bundle),
                asset_hash=digest_of(bundle),
                asset_hash_type=AssetHashType.CUSTOM,
            ),
            role=self.role,
            memory_size=self.manifest.memory_mb,
            timeout=self.timeout,
            # Only the caller of an HTTP function waits for a cold start; queues and streams tolerate it.
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
            if environment.snap_start and self.manifest.trigger == "http"
            else None,
            reserved_concurrent_executions=self.manifest.reserved_concurrency
            if environment.reserved_concurrency
            else None,
            logging_format=lambda_.LoggingFormat.JSON,
            # Not a higher level: Lambda treats metrics, which are lines without a level, as INFO and would drop them.
            # The logger itself drops lines below the environment's level.
            # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
            application_log_level_v2=lambda_.ApplicationLogLevel.DEBUG
            if environment.log_level == "DEBUG"
            else lambda_.ApplicationLogLevel.INFO,
            log_group=self._log_group(environment, full_name, key),
            current_version_options=lambda_.VersionOptions(
                # A rollback needs the version even after a deployment has replaced it.
                removal_policy=removal_of_versions(environment),
            ),
            environment={
                "SERVICE": manifest.service,
                "ENVIRONMENT": environment.name,
                "FUNCTION": name,
                "POWERTOOLS_SERVICE_NAME": manifest.service,
                "POWERTOOLS_METRICS_NAMESPACE": application_namespace(environment),
                "POWERTOOLS_LOG_LEVEL": environment.log_level,
                **{
                    f"SETTING_{setting.upper()}": json.dumps(value)
                    for setting, value in sorted(manifest.settings_of(environment.name).items())
                },
            },
        )
        suppress_cfn_lint(self.function, W3005=WAITS_FOR_ROLE)
        suppress_nag(self.function, SUPPRESSED)
        if self.manifest.calls:
            cast("CfnResource", self.function.node.default_child).add_metadata("calls", self.manifest.calls)
        if not (environment.reserved_concurrency and self.manifest.reserved_concurrency):
            suppress_nag(self.function, NOT_RESERVED)
        Annotations.of(self.function).acknowledge_warning(
            "@aws-cdk/aws-lambda:snapStartRequirePublish", "The alias is of a published version."
        )

    def publish(self) -> lambda_.Alias:
        """Publish the function as a version, and point the alias at it; no setting may change after this."""
        return lambda_.Alias(self, "Live", alias_name=ALIAS, version=self.function.current_version)

    def _log_group(self, environment: Environment, full_name: str, key: ServiceKey) -> LogGroup:
        group = LogGroup(self, "Logs", environment=environment, name=f"/aws/lambda/{full_name}", key=key.key)
        allow(
            self.role,
            "Logs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            [group.log_group_arn],
            untested=LAMBDA_WRITES_LOGS,
        )
        return group


ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
