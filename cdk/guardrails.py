"""What watches over an account: its costs, its changes, its threats, and what is shared with others."""

from aws_cdk import Duration, RemovalPolicy, Stack
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

from cdk.deliberate import JOINED, accepted, deliberate
from cdk.environment import Environment
from cdk.environment_sections import Guardrails
from cdk.tags import tag

# Of the month's budget: what is spent, and what will be spent if the month goes on like this.
ALARMS = (("ACTUAL", 80), ("FORECASTED", 100))


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
        self._budget(settings)
        self._trail(settings)
        guardduty.CfnDetector(self, "Detector", enable=True, finding_publishing_frequency="FIFTEEN_MINUTES")
        accessanalyzer.CfnAnalyzer(self, "Analyzer", analyzer_name=environment.prefix, type="ACCOUNT")
        tag(self, environment, service="guardrails", owner="platform")

    def _budget(self, settings: Guardrails) -> None:
        # Read by CloudFormation when it deploys: no address is in the repository or in a template.
        address = ssm.StringParameter.value_for_string_parameter(self, settings.alert_address_parameter)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=self._environment.prefix,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=settings.budget_usd_a_month, unit="USD"),
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

    def _trail(self, settings: Guardrails) -> None:
        """Keep who changed what, encrypted, with digests by which a change of the trail itself shows."""
        name = f"{self._environment.prefix}-account"
        arn = self.format_arn(service="cloudtrail", resource="trail", resource_name=name)
        removal_policy = RemovalPolicy.RETAIN if self._environment.retains else RemovalPolicy.DESTROY
        key = kms.Key(
            self,
            "Key",
            alias=f"{self._environment.prefix}-trail",
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
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(settings.trail_kept_days))],
            removal_policy=removal_policy,
        )
        traced = "Only CloudTrail writes here; who reads it is in the trail's own events."
        accepted(bucket, {"AwsSolutions-S1": traced, "CKV_AWS_18": traced})
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
                deliberate(joined, I1022=JOINED)


def add_guardrails(scope: Construct, environment: Environment) -> None:
    """Add the guardrails, where the environment has them."""
    if environment.guardrails:
        name = f"{environment.prefix}-guardrails"
        GuardrailsStack(scope, name, environment=environment, settings=environment.guardrails)
