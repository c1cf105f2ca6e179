"""From the outbox to the bus."""

import json

from tests.cdk.templates import Template


def test_the_relay_is_told_the_bus_and_where_to_park(orders: Template) -> None:
    variables = orders.variables("platform-local-orders-relay")
    parked = orders.logical_id("AWS::SQS::Queue", QueueName="platform-local-orders-relay-parked")

    assert variables["PARKED_QUEUE_URL"] == {"Ref": parked}
    assert variables["PUBLISHES"] == "orders/OrderPlaced.v1"
    assert "BUS_NAME" in variables
    assert "SECRET_CURSOR_KEY_ARN" not in variables


def test_a_relay_may_read_the_stream_publish_and_park(orders: Template) -> None:
    table = orders.logical_id("AWS::DynamoDB::Table")
    parked = orders.logical_id("AWS::SQS::Queue", QueueName="platform-local-orders-relay-parked")
    may = orders.granted("What platform-local-orders-relay may do.")

    assert may.keys() == {
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "events:PutEvents",
        "sqs:SendMessage",
    }
    assert may["dynamodb:GetRecords"] == {"Fn::GetAtt": [table, "StreamArn"]}
    assert may["sqs:SendMessage"] == {"Fn::GetAtt": [parked, "Arn"]}
    assert "Fn::ImportValue" in may["events:PutEvents"]


def test_a_relay_may_publish_only_events_of_its_own_service(orders: Template) -> None:
    statements = [
        each for policy in orders.resources("AWS::IAM::Policy") for each in policy["PolicyDocument"]["Statement"]
    ]

    (publishing,) = [each for each in statements if each["Action"] == "events:PutEvents"]

    own = {"events:source": "orders", "events:detail-type": ["OrderPlaced.v1"]}
    assert publishing["Condition"] == {"ForAllValues:StringEquals": own}


def test_the_stream_starts_the_relay_for_new_outbox_items_alone(orders: Template) -> None:
    mapping = orders.only("AWS::Lambda::EventSourceMapping")
    alias = orders.logical_id("AWS::Lambda::Alias", FunctionName=orders.function("platform-local-orders-relay"))

    assert mapping["FunctionName"] == {"Ref": alias}
    assert [json.loads(item["Pattern"]) for item in mapping["FilterCriteria"]["Filters"]] == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}}},
    ]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_a_record_that_fails_does_not_hold_up_the_others_for_ever(orders: Template) -> None:
    mapping = orders.only("AWS::Lambda::EventSourceMapping")
    parked = orders.logical_id("AWS::SQS::Queue", QueueName="platform-local-orders-relay-parked")

    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [parked, "Arn"]}
