"""The events stack."""

import json

from tests.cdk.templates import Assembly


def test_the_bus_is_named_after_the_deployment(assembly: Assembly) -> None:
    assert assembly.stack("platform-local-events").only("AWS::Events::EventBus")["Name"] == "platform-local"


def test_prod_archives_every_domain_event(assembly: Assembly) -> None:
    archive = assembly.stack("platform-prod-events").only("AWS::Events::Archive")

    assert archive["EventPattern"] == {"detail": {"specversion": ["1.0"]}}
    assert archive["RetentionDays"] == 365


def test_the_bus_and_its_archive_are_encrypted_with_a_key_of_their_own(assembly: Assembly) -> None:
    for environment in ("local", "prod"):
        events = assembly.stack(f"platform-{environment}-events")
        key = {"Fn::GetAtt": [events.logical_id("AWS::KMS::Key"), "Arn"]}

        assert events.only("AWS::Events::EventBus")["KmsKeyIdentifier"] == key
        assert events.only("AWS::Events::Archive")["KmsKeyIdentifier"] == key
        assert events.only("AWS::KMS::Key")["EnableKeyRotation"] is True


def test_only_eventbridge_uses_the_key_and_only_for_this_bus(assembly: Assembly) -> None:
    statements = assembly.stack("platform-prod-events").only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    used = {statement["Sid"]: statement for statement in statements if "Sid" in statement}

    assert {statement["Principal"]["Service"] for statement in used.values()} == {"events.amazonaws.com"}
    assert used.keys() == {"Bus", "Look"}
    assert used["Look"]["Action"] == "kms:DescribeKey"
    assert not [action for action in used["Bus"]["Action"] if "*" in action]
    [bus] = used["Bus"]["Condition"]["StringEquals"].items()
    assert bus[0] == "kms:EncryptionContext:aws:events:event-bus:arn"
    assert json.dumps(bus[1]).endswith(':event-bus/platform-prod"]]}')


def test_an_event_that_the_bus_cannot_encrypt_is_kept_without_its_key_and_an_alarm_fires(assembly: Assembly) -> None:
    events = assembly.stack("platform-prod-events")
    name = "platform-prod-events-undelivered"
    queue = {"Fn::GetAtt": [events.logical_id("AWS::SQS::Queue", QueueName=name), "Arn"]}

    assert events.only("AWS::Events::EventBus")["DeadLetterConfig"] == {"Arn": queue}
    undelivered = events.only("AWS::SQS::Queue", QueueName=name)
    assert undelivered["SqsManagedSseEnabled"] is True
    assert undelivered["MessageRetentionPeriod"] == 14 * 24 * 3600
    alarm = events.only("AWS::CloudWatch::Alarm", AlarmName=name)
    assert {each["Value"] for each in alarm["Dimensions"]} == {name}
    assert alarm["AlarmActions"]
    policy = events.only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    [sends] = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert (sends["Principal"], sends["Action"]) == ({"Service": "events.amazonaws.com"}, "sqs:SendMessage")
    assert json.dumps(sends["Condition"]["ArnEquals"]["aws:SourceArn"]).endswith(':event-bus/platform-prod"]]}')
