"""The guardrails of an account: budget, audit trail, threat detection, and access analyzer."""

from aws_cdk import Duration
from aws_cdk import aws_accessanalyzer as accessanalyzer
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_guardduty as guardduty
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Guardrails
from cdk.settings.stack_names import TRAIL, SharedStack

# Notifications at these percentages of the month's budget: of actual and of forecast costs.
BUDGET_NOTIFICATIONS = (("ACTUAL", 80), ("FORECASTED", 100))
# Deleted or replaced files of the trail can be recovered for this long.
NONCURRENT_DAYS = 30
# The optional features of GuardDuty; it always analyses CloudTrail events, flow logs and DNS queries. AWS enables, and
# charges for, features that are not listed here: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html
FEATURES = {
    "S3_DATA_EVENTS": ("ENABLED", "Files are the likely target of stolen credentials."),
    "LAMBDA_NETWORK_LOGS": ("ENABLED", "Functions run outside the network that the flow logs cover."),
    "EKS_AUDIT_LOGS": ("DISABLED", "There is no Kubernetes."),
    "EBS_MALWARE_PROTECTION": ("DISABLED", "There are no disks."),
    "RDS_LOGIN_EVENTS": ("DISABLED", "There is no relational database."),
    "RUNTIME_MONITORING": (
        "DISABLED",
        "Its agent would be another container in the gateway's tasks, which can change nothing.",
    ),
    "AI_PROTECTION": ("DISABLED", "Nothing calls a model of Amazon Bedrock or SageMaker."),
    "AI_ANALYST": ("DISABLED", "People investigate findings themselves."),
}


class GuardrailsStack(PlatformStack):
    """A budget with notifications, a CloudTrail trail, GuardDuty, and an access analyzer."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, settings: Guardrails) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="guardrails",
            description="Budget, trail, threat detection and access analyzer of the account.",
        )
        self._environment = environment
        # An environment file with a budget but without its amount or address was already rejected.
        if settings.budget and settings.budget_usd_a_month and settings.alert_address_parameter:
            self._budget(settings.budget_usd_a_month, settings.alert_address_parameter)
        if settings.trail:
            self._trail(settings)
        if settings.threat_detection:
            self._detector()
        if settings.access_analyzer:
            accessanalyzer.CfnAnalyzer(self, "Analyzer", analyzer_name=environment.prefix, type="ACCOUNT")

    def _budget(self, usd_a_month: int, address_parameter: str) -> None:
        # CloudFormation reads the address at deployment, so that no address is in the repository or in a template.
        address = ssm.StringParameter.value_for_string_parameter(self, address_parameter)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=self._environment.prefix,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd_a_month, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=address)],
                )
                for kind, percent in BUDGET_NOTIFICATIONS
            ],
        )

    def _detector(self) -> None:
        detector = guardduty.CfnDetector(
            self,
            "Detector",
            enable=True,
            finding_publishing_frequency="FIFTEEN_MINUTES",
            features=[
                guardduty.CfnDetector.CFNFeatureConfigurationProperty(name=name, status=status)
                for name, (status, _) in FEATURES.items()
            ],
        )
        detector.add_metadata("Features", {name: reason for name, (_, reason) in FEATURES.items()})

    def _trail(self, settings: Guardrails) -> None:
        """Record all changes to the account, encrypted, with digests that reveal tampering with the trail."""
        name = f"{self._environment.prefix}-account"
        arn = self.format_arn(service="cloudtrail", resource="trail", resource_name=name)
        removal_policy = removal_of(self._environment)
        key = kms.Key(
            self,
            "Key",
            alias=f"{self._environment.prefix}-{TRAIL}",
            description=f"The trail of {self._environment.name}.",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
        only_this_trail = {"StringEquals": {"aws:SourceArn": arn}}
        writer = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        for sid, action in (("Trail", "kms:GenerateDataKey"), ("DescribeForTrail", "kms:DescribeKey")):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid, principals=[writer], actions=[action], resources=["*"], conditions=only_this_trail
                )
            )
        bucket = s3.Bucket(
            self,
            "TrailBucket",
            bucket_name=f"{name}-trail-{self.account}-{self.region}",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[
                # In a versioned bucket, this only adds a delete marker; the next rule deletes the file.
                s3.LifecycleRule(id="old", expiration=Duration.days(settings.trail_kept_days)),
                s3.LifecycleRule(
                    id="hidden-and-unfinished",
                    noncurrent_version_expiration=Duration.days(NONCURRENT_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(NONCURRENT_DAYS),
                    expired_object_delete_marker=True,
                ),
            ],
            removal_policy=removal_policy,
        )
        traced = "Only CloudTrail writes here; the trail itself records reads."
        suppress_nag(bucket, {"AwsSolutions-S1": traced, "CKV_AWS_18": traced})
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
        logs = bucket.arn_for_objects(f"AWSLogs/{self.account}/*")
        for action, resource in (("s3:GetBucketAcl", bucket.bucket_arn), ("s3:PutObject", logs)):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[writer], actions=[action], resources=[resource], conditions=only_this_trail
                )
            )
        trail = cloudtrail.CfnTrail(
            self,
            "Trail",
            trail_name=name,
            s3_bucket_name=bucket.bucket_name,
            kms_key_id=key.key_arn,
            is_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
        )
        if bucket.policy:
            trail.node.add_dependency(bucket.policy)
        for joined in (key, bucket, bucket.policy):
            if joined:
                suppress_fn_join(joined)


def add_guardrails(scope: Construct, environment: Environment) -> None:
    """Add the guardrails if the environment has them."""
    if environment.guardrails:
        name = SharedStack.GUARDRAILS.of(environment)
        GuardrailsStack(scope, name, environment=environment, settings=environment.guardrails)
