"""A service's stack: what its manifest asks for, and exactly the permissions that this needs."""

import json
from typing import Any

import pytest

from tests.cdk.templates import Assembly, Template, actions


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    return assembly.stack("platform-local-orders")


@pytest.fixture
def ledger(assembly: Assembly) -> Template:
    return assembly.stack("platform-local-ledger")


def granted(template: Template, role_description: str) -> dict[str, Any]:
    return {
        action: statement["Resource"]
        for statement in template.statements(role_description)
        for action in actions(statement)
    }


def variables(template: Template, function: str) -> dict[str, Any]:
    properties = template.only("AWS::Lambda::Function", FunctionName=function)
    result: dict[str, Any] = properties["Environment"]["Variables"]
    return result


def test_a_function_is_as_its_manifest_says(orders: Template) -> None:
    function = orders.only("AWS::Lambda::Function", FunctionName="platform-local-orders-api")

    assert function["Handler"] == "functions.orders.api.handler"
    assert function["Runtime"] == "python3.13"
    assert (function["MemorySize"], function["Timeout"]) == (1024, 20)
    assert function["LoggingConfig"]["LogFormat"] == "JSON"


def test_functions_run_on_arm_on_aws(assembly: Assembly) -> None:
    functions = assembly.stack("platform-prod-orders").resources("AWS::Lambda::Function")

    assert {tuple(function["Architectures"]) for function in functions} == {("arm64",)}


def test_a_function_is_told_its_surroundings_and_no_secret(orders: Template) -> None:
    secret = orders.logical_id("AWS::SecretsManager::Secret")
    table = orders.logical_id("AWS::DynamoDB::Table")

    assert variables(orders, "platform-local-orders-api") == {
        "SERVICE": "orders",
        "ENVIRONMENT": "local",
        "FUNCTION": "api",
        "TABLE_NAME": {"Ref": table},
        "SECRET_CURSOR_KEY_ARN": {"Fn::GetAtt": [secret, "Id"]},
        "POWERTOOLS_SERVICE_NAME": "orders",
        "POWERTOOLS_METRICS_NAMESPACE": "platform",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def test_the_relay_is_told_the_bus_and_where_to_park(orders: Template) -> None:
    told = variables(orders, "platform-local-orders-relay")
    parked = orders.logical_id("AWS::SQS::Queue", QueueName="platform-local-orders-relay-parked")

    assert told["PARKED_QUEUE_URL"] == {"Ref": parked}
    assert "BUS_NAME" in told
    assert "SECRET_CURSOR_KEY_ARN" not in told


def test_the_alias_live_is_the_current_version(orders: Template) -> None:
    aliases = orders.resources("AWS::Lambda::Alias")

    assert [alias["Name"] for alias in aliases] == ["live", "live"]
    versions = {
        name for name, resource in orders.content["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"
    }
    assert {alias["FunctionVersion"]["Fn::GetAtt"][0] for alias in aliases} == versions


def test_versions_that_traffic_can_be_sent_back_to_stay_in_prod(assembly: Assembly) -> None:
    versions = assembly.stack("platform-prod-orders").whole("AWS::Lambda::Version")

    assert {version["DeletionPolicy"] for version in versions} == {"Retain"}


def test_logs_end_when_the_environment_says(assembly: Assembly) -> None:
    for environment, days in (("local", 7), ("prod", 365)):
        groups = assembly.stack(f"platform-{environment}-orders").resources("AWS::Logs::LogGroup")
        assert {group["LogGroupName"]: group["RetentionInDays"] for group in groups} == {
            f"/aws/lambda/platform-{environment}-orders-api": days,
            f"/aws/lambda/platform-{environment}-orders-relay": days,
        }


def test_a_function_may_do_exactly_what_its_manifest_lists(orders: Template) -> None:
    table = orders.logical_id("AWS::DynamoDB::Table")
    logs = orders.logical_id("AWS::Logs::LogGroup", LogGroupName="/aws/lambda/platform-local-orders-api")
    secret = orders.logical_id("AWS::SecretsManager::Secret")

    assert granted(orders, "What platform-local-orders-api may do.") == {
        "logs:CreateLogStream": {"Fn::GetAtt": [logs, "Arn"]},
        "logs:PutLogEvents": {"Fn::GetAtt": [logs, "Arn"]},
        "dynamodb:GetItem": {"Fn::GetAtt": [table, "Arn"]},
        "dynamodb:PutItem": {"Fn::GetAtt": [table, "Arn"]},
        "dynamodb:Query": {"Fn::Join": ["", [{"Fn::GetAtt": [table, "Arn"]}, "/index/by_state"]]},
        "secretsmanager:GetSecretValue": {"Fn::GetAtt": [secret, "Id"]},
    }


def test_a_relay_may_read_the_stream_publish_and_park(orders: Template) -> None:
    table = orders.logical_id("AWS::DynamoDB::Table")
    parked = orders.logical_id("AWS::SQS::Queue", QueueName="platform-local-orders-relay-parked")
    may = granted(orders, "What platform-local-orders-relay may do.")

    assert may.keys() == {
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


def test_a_consumer_may_empty_its_queue_and_write_what_it_lists(ledger: Template) -> None:
    queue = ledger.logical_id("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer")
    may = granted(ledger, "What platform-local-ledger-consumer may do.")

    assert may.keys() == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:PutItem",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    }
    assert may["sqs:DeleteMessage"] == {"Fn::GetAtt": [queue, "Arn"]}


def test_the_table_has_the_keys_indexes_and_safeguards(orders: Template) -> None:
    table = orders.only("AWS::DynamoDB::Table")

    assert table["TableName"] == "platform-local-orders"
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_state"]


def test_only_a_table_with_an_outbox_has_a_stream(orders: Template, ledger: Template) -> None:
    assert orders.only("AWS::DynamoDB::Table")["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert "StreamSpecification" not in ledger.only("AWS::DynamoDB::Table")


def test_the_secret_is_made_on_aws(orders: Template) -> None:
    secret = orders.only("AWS::SecretsManager::Secret")

    assert secret["GenerateSecretString"]["PasswordLength"] == 40
    assert "SecretString" not in secret


def test_the_stream_starts_the_relay_for_new_outbox_items_alone(orders: Template) -> None:
    mapping = orders.only("AWS::Lambda::EventSourceMapping")
    alias = orders.logical_id("AWS::Lambda::Alias", FunctionName=function_of(orders, "platform-local-orders-relay"))

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
    assert 0 < mapping["MaximumRetryAttempts"] <= 20
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": [parked, "Arn"]}


def test_a_consumer_takes_what_its_manifest_lists(ledger: Template) -> None:
    rule = ledger.only("AWS::Events::Rule")

    assert rule["EventPattern"] == {
        "source": ["orders"],
        "detail-type": ["OrderPlaced.v1"],
        "detail": {"specversion": ["1.0"]},
    }


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


def test_what_nobody_could_handle_is_kept_as_long_as_possible(orders: Template, ledger: Template) -> None:
    assert orders.only("AWS::SQS::Queue")["MessageRetentionPeriod"] == 14 * 86_400
    dead_letters = ledger.only("AWS::SQS::Queue", QueueName="platform-local-ledger-consumer-dlq")
    assert dead_letters["MessageRetentionPeriod"] == 14 * 86_400


def test_every_queue_is_encrypted_and_refuses_plain_http(assembly: Assembly) -> None:
    for stack in assembly.stacks().values():
        queues = {
            name for name, resource in stack.content["Resources"].items() if resource["Type"] == "AWS::SQS::Queue"
        }
        secured = {
            policy["Queues"][0]["Ref"]
            for policy in stack.resources("AWS::SQS::QueuePolicy")
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        }
        assert secured == queues
        assert all(queue["SqsManagedSseEnabled"] for queue in stack.resources("AWS::SQS::Queue"))


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


def test_the_load_balancer_reaches_the_alias_with_every_value_of_a_header(orders: Template) -> None:
    alias = orders.logical_id("AWS::Lambda::Alias", FunctionName=function_of(orders, "platform-local-orders-api"))
    group = orders.only("AWS::ElasticLoadBalancingV2::TargetGroup")

    assert group["Name"] == "platform-local-orders"
    assert group["Targets"] == [{"Id": {"Ref": alias}}]
    assert group["TargetGroupAttributes"] == [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]


def test_only_the_services_own_target_group_may_call_it(orders: Template) -> None:
    permission = orders.only("AWS::Lambda::Permission")

    assert permission["Principal"] == "elasticloadbalancing.amazonaws.com"
    assert permission["SourceArn"] == (
        "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/platform-local-orders/*"
    )


def test_the_rule_sends_the_services_path_and_what_is_below_it(orders: Template) -> None:
    rule = orders.only("AWS::ElasticLoadBalancingV2::ListenerRule")

    assert rule["Conditions"] == [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/orders", "/orders/*"]}},
    ]
    assert 100 <= rule["Priority"] < 50_000


def test_a_service_without_http_has_no_way_in(ledger: Template) -> None:
    for resource_type in ("AWS::ElasticLoadBalancingV2::TargetGroup", "AWS::Lambda::Permission", "AWS::Lambda::Url"):
        assert not ledger.resources(resource_type)


def function_of(template: Template, name: str) -> dict[str, str]:
    return {"Ref": template.logical_id("AWS::Lambda::Function", FunctionName=name)}
