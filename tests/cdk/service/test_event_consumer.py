"""From the bus to a consumer."""

import json

from cdk.settings.environment import Environment
from cdk.settings.manifests import load_manifests
from tests.cdk.project import Project
from tests.cdk.templates import Assembly, Synthesize, Template

WATCH = """
description = "Sees what AWS does."
owner = "platform"
aws_clients = ["sqs"]

[functions.watcher]
handler = "functions.watch.watcher.handler"
trigger = "events"
platform_events = ["aws.cloudformation", "aws.cloudwatch", "aws.codedeploy", "aws.ecs"]
"""


def test_a_consumer_may_empty_its_queue_and_write_what_it_lists(ledger: Template) -> None:
    queue = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer")
    may = ledger.granted("What platform-local-ledger-consumer may do.")

    assert may.keys() == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:PutItem",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
    }
    assert may["sqs:DeleteMessage"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_a_consumer_may_send_only_to_its_own_dead_letter_queue(ledger: Template) -> None:
    dead_letters = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer-dlq")
    variables = ledger.variables("platform-local-ledger-consumer")

    assert ledger.granted("What platform-local-ledger-consumer may do.")["sqs:SendMessage"] == {
        "Fn::GetAtt": [dead_letters, "Arn"]
    }
    assert (variables["DEAD_LETTER_QUEUE_URL"], variables["MAX_RECEIVES"]) == ({"Ref": dead_letters}, "5")


def test_a_consumer_takes_what_its_manifest_lists(ledger: Template) -> None:
    rule = ledger.only("AWS::Events::Rule")

    assert rule["EventPattern"] == {
        "source": ["orders"],
        "detail-type": ["OrderPlaced.v1"],
        "detail": {"specversion": ["1.0"]},
    }


def test_a_consumer_is_told_what_its_manifest_lists(ledger: Template, assembly: Assembly) -> None:
    audit = assembly.stack("platform-local-audit")

    assert ledger.variables("platform-local-ledger-consumer")["CONSUMES"] == "orders/OrderPlaced.v1"
    assert audit.variables("platform-local-audit-consumer")["CONSUMES"] == "*"


def test_a_consumer_of_everything_takes_every_envelope_of_ours(assembly: Assembly) -> None:
    rule = assembly.stack("platform-local-audit").only("AWS::Events::Rule")

    assert rule["EventPattern"] == {"detail": {"specversion": ["1.0"]}}


def test_a_queue_stands_between_the_bus_and_the_consumer(ledger: Template) -> None:
    queue = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer")
    dead_letters = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer-dlq")
    properties = ledger.only("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer")

    target = ledger.only("AWS::Events::Rule")["Targets"][0]
    assert target["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [dead_letters, "Arn"]}}
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_letters, "Arn"]},
        "maxReceiveCount": 5,
    }
    assert properties["VisibilityTimeout"] == 6 * 30
    mapping = ledger.only("AWS::Lambda::EventSourceMapping")
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_the_rule_may_send_to_the_queue(ledger: Template) -> None:
    queue = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer")
    rule = ledger.logical_id("AWS::Events::Rule")
    policy = next(
        policy for policy in ledger.resources("AWS::SQS::QueuePolicy") if policy["Queues"] == [{"Ref": queue}]
    )
    senders = [item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow"]

    assert len(senders) == 1
    assert senders[0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert senders[0]["Condition"]["ArnEquals"] == {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}


def test_events_of_aws_come_from_the_default_bus_and_only_of_the_environments_own_stacks(
    project: Project, local: Environment, synthesize: Synthesize
) -> None:
    project.add_service("watch", WATCH, "watcher")
    template = synthesize(load_manifests(project.folder), [local]).stack("platform-local-watch")
    rules = {rule["EventPattern"]["source"][0]: rule for rule in template.resources("AWS::Events::Rule")}

    assert rules.keys() == {"aws.cloudformation", "aws.cloudwatch", "aws.codedeploy", "aws.ecs"}
    assert not any("EventBusName" in rule for rule in rules.values())
    arn = json.dumps(rules["aws.cloudformation"]["EventPattern"]["detail"]["stack-id"])
    assert "cloudformation:" in arn
    assert ':stack/platform-local-"' in arn
    alarms = rules["aws.cloudwatch"]["EventPattern"]["detail"]
    assert alarms["alarmName"] == [{"prefix": "platform-local-"}]
    assert rules["aws.cloudwatch"]["EventPattern"]["detail-type"] == [
        "CloudWatch Alarm State Change",
        "CloudWatch Alarm Configuration Change",
    ]
    assert alarms["$or"] == [{"state": {"value": ["ALARM"]}}, {"previousState": {"value": ["ALARM"]}}]
    application = rules["aws.codedeploy"]["EventPattern"]["detail"]["application"]
    assert application == [{"prefix": "platform-local-"}]
    assert ':service/platform-local/"' in json.dumps(rules["aws.ecs"]["EventPattern"]["resources"])
    queue = template.logical_id("AWS::SQS::Queue", QueueName="platform-local-watch-watcher")
    assert {json.dumps(rule["Targets"][0]["Arn"]) for rule in rules.values()} == {
        json.dumps({"Fn::GetAtt": [queue, "Arn"]})
    }
    assert template.variables("platform-local-watch-watcher")["CONSUMES"] == ""
