"""A service's S3 bucket, and the grants of functions on its objects."""

from collections.abc import Iterable
from typing import cast

from aws_cdk import ArnFormat, CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import allow
from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.conventions.tags import tag_for_backup
from cdk.service.function import ServiceFunction
from cdk.service.service_key import ServiceKey, allow_key, key_export
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import PREFLIGHT_REMEMBERED_S
from cdk.settings.manifest import UNFINISHED_KEPT_DAYS, WRITE_ACTIONS, Bucket, BucketAction, Manifest

# The actions on the key that S3 calls on behalf of the caller, including those for an upload in parts:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
KEY_ACTIONS: dict[BucketAction, tuple[str, ...]] = {
    "AbortMultipartUpload": (),
    "DeleteObject": (),
    "DeleteObjectVersion": (),
    "GetObject": ("kms:Decrypt",),
    "GetObjectVersion": ("kms:Decrypt",),
    "ListMultipartUploadParts": (),
    "PutObject": ("kms:Decrypt", "kms:GenerateDataKey"),
}


class ServiceBucket(Construct):
    """One bucket: TLS only, versioned, encrypted with the service's key, private, with events to EventBridge."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, manifest: Manifest, key: ServiceKey
    ) -> None:
        super().__init__(scope, construct_id)
        if manifest.bucket is None:
            raise ValueError(f"{manifest.service} declares no bucket")
        stack = Stack.of(self)
        self._key = key
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # The buckets of all accounts and regions share one namespace.
            bucket_name=f"{environment.prefix}-{manifest.service}-{stack.account}-{environment.region}",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key.key,
            bucket_key_enabled=True,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=list(_lifecycle(manifest.bucket)),
            cors=list(_cross_origin(environment)),
            removal_policy=removal_of(environment),
        )
        tag_for_backup(self.bucket, environment)
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        logged = "Functions log each request for an object, or for a link to one."
        suppress_nag(self.bucket, {"AwsSolutions-S1": logged, "CKV_AWS_18": logged})
        # The CDK's own property would deploy a Lambda function that sets this; CloudFormation can set it itself.
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True),
        )
        for joined in (resource, self.bucket.policy):
            if joined:
                suppress_fn_join(joined)
        name = _export(environment, manifest.service)
        CfnOutput(stack, "BucketName", value=self.bucket.bucket_name, export_name=name)

    def grant(self, function: ServiceFunction) -> None:
        """Give the function the bucket's name, and grant the actions of the manifest, prefix by prefix."""
        function.function.add_environment("BUCKET_NAME", self.bucket.bucket_name)
        for prefix, actions in function.manifest.bucket_actions.items():
            _allow(function, f"Objects{camel(prefix)}", actions, f"{self.bucket.bucket_arn}/{prefix}*")
            bucket = Stack.of(self).get_logical_id(cast("s3.CfnBucket", self.bucket.node.default_child))
            _suppress_wildcard(function.role, f"<{bucket}.Arn>/{prefix}*")
            suppress_fn_join(function.role.node.find_child("DefaultPolicy"))
        every = [action for actions in function.manifest.bucket_actions.values() for action in actions]
        _allow_key(function.role, every, self._key.arn)


def grant_other_bucket(function: ServiceFunction, environment: Environment, *, service: str) -> None:
    """Give the function the name of another service's bucket, and grant the reads and writes of the manifest.

    It can only put whole objects: an upload in parts would need kms:Decrypt, too; see `KEY_ACTIONS`.
    """
    name = Fn.import_value(_export(environment, service))
    function.function.add_environment(f"{service.upper()}_BUCKET_NAME", name)
    reads = function.manifest.reads_buckets.get(service, {})
    writes = function.manifest.writes_buckets.get(service)
    folders: list[tuple[str, str, tuple[BucketAction, ...]]] = [
        *(("Objects", prefix, actions) for prefix, actions in reads.items()),
        *([("NewObjects", writes, WRITE_ACTIONS)] if writes else []),
    ]
    for kind, prefix, actions in folders:
        objects = Stack.of(function).format_arn(
            service="s3", region="", account="", resource=name, resource_name=f"{prefix}*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )  # fmt: skip
        _allow(function, f"{kind}{camel(prefix)}Of{camel(service)}", actions, objects)
        _suppress_wildcard(function.role, f"arn:aws:s3:::{_export(environment, service)}/{prefix}*")
    needed = {key_action for actions in reads.values() for action in actions for key_action in KEY_ACTIONS[action]}
    allow_key(
        function.role,
        Fn.import_value(key_export(environment, service)),
        actions=tuple(sorted(needed | ({"kms:GenerateDataKey"} if writes else set()))),
        through="s3",
        owner=service,
    )


def _suppress_wildcard(role: iam.Role, found: str) -> None:
    reason = "The keys of future objects are unknown; the prefix is as narrow as possible."
    suppress_nag(role.node.find_child("DefaultPolicy"), {f"AwsSolutions-IAM5[Resource::{found}]": reason})


def _allow(function: ServiceFunction, sid: str, actions: Iterable[BucketAction], objects: str) -> None:
    named = [f"s3:{action}" for action in actions]
    allow(function.role, sid, named, [objects], untested=function.manifest.untested_actions)


def _allow_key(role: iam.Role, actions: Iterable[BucketAction], key_arn: str) -> None:
    """Allow a role to use the key as far as these actions on objects need it, and only through S3."""
    needed = sorted({key_action for action in actions for key_action in KEY_ACTIONS[action]})
    if needed:
        allow_key(role, key_arn, actions=tuple(needed), through="s3")


def _lifecycle(bucket: Bucket) -> Iterable[s3.LifecycleRule]:
    yield s3.LifecycleRule(
        id="replaced-and-unfinished",
        noncurrent_version_expiration=Duration.days(bucket.noncurrent_kept_days),
        abort_incomplete_multipart_upload_after=Duration.days(UNFINISHED_KEPT_DAYS),
        # A delete marker without older versions serves no purpose.
        expired_object_delete_marker=True,
    )
    for rule in bucket.lifecycle:
        yield s3.LifecycleRule(
            id=f"expire-{rule.prefix.strip('/').replace('/', '-')}",
            prefix=rule.prefix,
            expiration=Duration.days(rule.kept_days),
        )


def _cross_origin(environment: Environment) -> Iterable[s3.CorsRule]:
    """Let the pages that may call the gateway use signed links and forms, too."""
    if origins := environment.gateway.allowed_origins:
        yield s3.CorsRule(
            allowed_origins=list(origins),
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD, s3.HttpMethods.POST, s3.HttpMethods.PUT],
            # The signature decides which headers a request may have.
            allowed_headers=["*"],
            # An upload in parts ends with the entity tags of all parts.
            exposed_headers=["ETag"],
            max_age=PREFLIGHT_REMEMBERED_S,
        )


def _export(environment: Environment, service: str) -> str:
    """Derive the name of the export only from the service's name, so that a new reader changes no other stack."""
    return f"{environment.prefix}-{service}:BucketName"
