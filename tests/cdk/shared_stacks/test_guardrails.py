"""The guardrails of an account."""

import json

import botocore.session
import pytest

from cdk.settings.environment import Environment
from tests.cdk.templates import Assembly, Synthesize, Template


def guardrails(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-guardrails")


def test_only_an_environment_with_guardrails_in_its_file_has_them(assembly: Assembly) -> None:
    assert [name for name in assembly.stacks() if name.endswith("-guardrails")] == ["platform-prod-guardrails"]


def test_a_budget_notifies_an_address_that_is_in_no_template(assembly: Assembly) -> None:
    template = guardrails(assembly)
    budget = template.only("AWS::Budgets::Budget")
    alarms = budget["NotificationsWithSubscribers"]

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 1000, "Unit": "USD"}
    assert {(it["Notification"]["NotificationType"], it["Notification"]["Threshold"]) for it in alarms} == {
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    }
    [address] = {json.dumps(subscriber["Address"]) for it in alarms for subscriber in it["Subscribers"]}
    parameter = template.content["Parameters"][json.loads(address)["Ref"]]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert parameter["Default"] == "/platform/prod/alert-address"


def test_changes_to_the_account_are_recorded_and_tampering_with_the_record_shows(assembly: Assembly) -> None:
    template = guardrails(assembly)
    trail = template.only("AWS::CloudTrail::Trail")

    assert trail["EnableLogFileValidation"] is True
    assert trail["IsMultiRegionTrail"] is True
    assert trail["IsLogging"] is True
    assert trail["KMSKeyId"] == {"Fn::GetAtt": [template.logical_id("AWS::KMS::Key"), "Arn"]}
    [bucket] = template.whole("AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"


def test_files_of_the_trail_expire_with_their_versions(assembly: Assembly) -> None:
    [bucket] = guardrails(assembly).resources("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    merged = {key: value for rule in rules for key, value in rule.items()}

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    # In a versioned bucket, ExpirationInDays by itself deletes nothing.
    assert merged["ExpirationInDays"] == 365
    assert merged["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert merged["ExpiredObjectDeleteMarker"] is True
    assert merged["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 30}
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert not [rule for rule in rules if "Prefix" in rule]


def test_only_the_trail_itself_may_write_into_its_bucket(assembly: Assembly) -> None:
    statements = guardrails(assembly).only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    written = [it for it in statements if it["Effect"] == "Allow"]

    assert {it["Action"] for it in written} == {"s3:GetBucketAcl", "s3:PutObject"}
    for statement in written:
        arn = json.dumps(statement["Condition"]["StringEquals"]["aws:SourceArn"])
        assert arn.endswith(':trail/platform-prod-account"]]}')


def test_guardduty_and_the_access_analyzer_are_enabled(assembly: Assembly) -> None:
    assert guardrails(assembly).only("AWS::GuardDuty::Detector")["Enable"] is True
    assert guardrails(assembly).only("AWS::AccessAnalyzer::Analyzer")["Type"] == "ACCOUNT"


def test_every_optional_feature_of_guardduty_is_enabled_or_disabled_with_a_reason(assembly: Assembly) -> None:
    [detector] = guardrails(assembly).whole("AWS::GuardDuty::Detector")
    chosen = {feature["Name"]: feature["Status"] for feature in detector["Properties"]["Features"]}
    # botocore lists the features; GuardDuty rejects the older name of runtime monitoring beside the newer one.
    model = botocore.session.get_session().get_service_model("guardduty")
    known = set(model.shape_for("DetectorFeature").metadata["enum"]) - {"EKS_RUNTIME_MONITORING"}

    assert chosen.keys() == known
    assert detector["Metadata"]["Features"].keys() == known
    assert set(chosen.values()) == {"ENABLED", "DISABLED"}
    assert {name for name, status in chosen.items() if status == "ENABLED"} == {"S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS"}


@pytest.mark.parametrize(
    ("switch", "resource_type"),
    [
        ("budget", "AWS::Budgets::Budget"),
        ("trail", "AWS::CloudTrail::Trail"),
        ("threat_detection", "AWS::GuardDuty::Detector"),
        ("access_analyzer", "AWS::AccessAnalyzer::Analyzer"),
    ],
)
def test_each_guardrail_can_be_left_out(
    synthesize: Synthesize, prod: Environment, switch: str, resource_type: str
) -> None:
    assert prod.guardrails
    others = prod.guardrails.model_copy(update={switch: False})
    stack = synthesize([], [prod.model_copy(update={"guardrails": others})]).stack("platform-prod-guardrails")

    guards = {"Budgets::Budget", "CloudTrail::Trail", "GuardDuty::Detector", "AccessAnalyzer::Analyzer"}
    there = {each["Type"] for each in stack.content["Resources"].values()}
    assert {f"AWS::{guard}" for guard in guards} - there == {resource_type}
    if switch == "budget":
        assert "/platform/prod/alert-address" not in json.dumps(stack.content)
    if switch == "trail":
        assert not stack.resources("AWS::S3::Bucket")
