"""The guardrails of an account."""

import json

import botocore.session
import pytest

from cdk.settings.environment import Environment
from tests.cdk.templates import Assembly, Synthesize, Template


def guardrails(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-guardrails")


def test_only_an_environment_that_asks_has_guardrails(assembly: Assembly) -> None:
    assert [name for name in assembly.stacks() if name.endswith("-guardrails")] == ["platform-prod-guardrails"]


def test_a_budget_tells_an_address_that_no_template_holds(assembly: Assembly) -> None:
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


def test_changes_to_the_account_are_kept_where_a_change_of_them_shows(assembly: Assembly) -> None:
    template = guardrails(assembly)
    trail = template.only("AWS::CloudTrail::Trail")

    assert trail["EnableLogFileValidation"] is True
    assert trail["IsMultiRegionTrail"] is True
    assert trail["IsLogging"] is True
    assert trail["KMSKeyId"] == {"Fn::GetAtt": [template.logical_id("AWS::KMS::Key"), "Arn"]}
    [bucket] = template.whole("AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"


def test_files_of_the_trail_are_gone_after_their_time_their_versions_included(assembly: Assembly) -> None:
    [bucket] = guardrails(assembly).resources("AWS::S3::Bucket")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    said = {key: value for rule in rules for key, value in rule.items()}

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    # In a bucket with versions, the first by itself deletes nothing.
    assert said["ExpirationInDays"] == 365
    assert said["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert said["ExpiredObjectDeleteMarker"] is True
    assert said["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 30}
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert not [rule for rule in rules if "Prefix" in rule]


def test_only_the_trail_itself_may_write_into_its_bucket(assembly: Assembly) -> None:
    statements = guardrails(assembly).only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    written = [it for it in statements if it["Effect"] == "Allow"]

    assert {it["Action"] for it in written} == {"s3:GetBucketAcl", "s3:PutObject"}
    for statement in written:
        arn = json.dumps(statement["Condition"]["StringEquals"]["aws:SourceArn"])
        assert arn.endswith(':trail/platform-prod-account"]]}')


def test_threats_and_what_is_shared_with_others_are_looked_for(assembly: Assembly) -> None:
    assert guardrails(assembly).only("AWS::GuardDuty::Detector")["Enable"] is True
    assert guardrails(assembly).only("AWS::AccessAnalyzer::Analyzer")["Type"] == "ACCOUNT"


def test_everything_that_guardduty_can_charge_for_is_said_to_be_on_or_off_with_the_reason(assembly: Assembly) -> None:
    [detector] = guardrails(assembly).whole("AWS::GuardDuty::Detector")
    chosen = {feature["Name"]: feature["Status"] for feature in detector["Properties"]["Features"]}
    # As botocore knows them; the older name of runtime monitoring is refused beside the newer one.
    model = botocore.session.get_session().get_service_model("guardduty")
    known = set(model.shape_for("DetectorFeature").metadata["enum"]) - {"EKS_RUNTIME_MONITORING"}

    assert chosen.keys() == known
    assert detector["Metadata"]["Features"].keys() == known
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
def test_an_account_that_has_one_guardrail_can_still_have_the_others(
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
