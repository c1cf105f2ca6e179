"""What watches over an account: its costs, its changes, its threats, and what is shared with others."""

from aws_cdk import Duration, Stack
from aws_cdk import Environment as Account
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
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.conventions.tags import tag
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Guardrails
from cdk.settings.stack_names import TRAIL, SharedStack

# Of the month's budget: what is spent, and what will be spent if the month goes on like this.
ALARMS = (("ACTUAL", 80), ("FORECASTED", 100))
# A file of the trail that somebody deleted or replaced can still be had for so long.
HIDDEN_DAYS = 30
# What GuardDuty looks at beside changes, flows and names, which it always does. What is not named here AWS turns on by
# itself, and charges: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html
FEATURES = {
    "S3_DATA_EVENTS": "ENABLED",
    "LAMBDA_NETWORK_LOGS": "ENABLED",
    "EKS_AUDIT_LOGS": "DISABLED",
    "EBS_MALWARE_PROTECTION": "DISABLED",
    "RDS_LOGIN_EVENTS": "DISABLED",
    "RUNTIME_MONITORING": "DISABLED",
    "AI_PROTECTION": "DISABLED",
    "AI_ANALYST": "DISABLED",
}
WHY = {
    "S3_DATA_EVENTS": "Files are what a thief of credentials would read.",
    "LAMBDA_NETWORK_LOGS": "Functions are outside of the network whose flows are watched.",
    "EKS_AUDIT_LOGS": "There is no Kubernetes.",
    "EBS_MALWARE_PROTECTION": "There are no disks.",
    "RDS_LOGIN_EVENTS": "There is no relational database.",
    "RUNTIME_MONITORING": "Its agent would run as a container beside the gateway's, which can change nothing.",
    "AI_PROTECTION": "Nothing calls a model of Amazon Bedrock or SageMaker.",
    "AI_ANALYST": "People look into findings themselves.",
}


class GuardrailsStack(Stack):
    """A budget with alarms, a trail of who changed what, GuardDuty, and an access analyzer."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, settings: Guardrails) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Account(account=environment.account, region=environment.region),
            description="Budget, trail, threat detection and access analyzer of the account.",
            termination_protection=environment.retains,
        )
        self._environment = environment
        # The file was refused if it lacks what the budget needs.
        if settings.budget and settings.budget_usd_a_month and settings.alert_address_parameter:
            self._budget(settings.budget_usd_a_month, settings.alert_address_parameter)
        if settings.trail:
            self._trail(settings)
        if settings.threat_detection:
            self._detector()
        if settings.access_analyzer:
            accessanalyzer.CfnAnalyzer(self, "Analyzer", analyzer_name=environment.prefix, type="ACCOUNT")
        tag(self, environment, service="guardrails", owner="platform")

    def _budget(self, usd_a_month: int, address_parameter: str) -> None:
        # Read by CloudFormation when it deploys: no address is in the repository or in a template.
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
                for kind, percent in ALARMS
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
                for name, status in FEATURES.items()
            ],
        )
        detector.add_metadata("Features", WHY)

    def _trail(self, settings: Guardrails) -> None:
        """Keep who changed what, encrypted, with digests by which a change of the trail itself shows."""
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
        for sid, action, condition in (
            ("Trail", "kms:GenerateDataKey", {"StringEquals": {"aws:SourceArn": arn}}),
            ("DescribeForTrail", "kms:DescribeKey", {"StringEquals": {"aws:SourceArn": arn}}),
        ):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                    actions=[action],
                    resources=["*"],
                    conditions=condition,
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
                # Where there are versions, this only hides a file; the next rule deletes it.
                s3.LifecycleRule(id="old", expiration=Duration.days(settings.trail_kept_days)),
                s3.LifecycleRule(
                    id="hidden-and-unfinished",
                    noncurrent_version_expiration=Duration.days(HIDDEN_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(HIDDEN_DAYS),
                    expired_object_delete_marker=True,
                ),
            ],
            removal_policy=removal_policy,
        )
        traced = "Only CloudTrail writes here; who reads it is in the trail's own events."
        suppress_nag(bucket, {"AwsSolutions-S1": traced, "CKV_AWS_18": traced})
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
        own = {"StringEquals": {"aws:SourceArn": arn}}
        writer = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        logs = bucket.arn_for_objects(f"AWSLogs/{self.account}/*")
        for action, resource in (("s3:GetBucketAcl", bucket.bucket_arn), ("s3:PutObject", logs)):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(principals=[writer], actions=[action], resources=[resource], conditions=own)
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
    """Add the guardrails, where the environment has them."""
    if environment.guardrails:
        name = SharedStack.GUARDRAILS.of(environment)
        GuardrailsStack(scope, name, environment=environment, settings=environment.guardrails)
