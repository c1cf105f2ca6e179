"""The guardrails of an account."""

import json

from tests.cdk.templates import Assembly, Template


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
    assert bucket["DeletionPolicy"] == "Retain"
    assert bucket["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 365


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
