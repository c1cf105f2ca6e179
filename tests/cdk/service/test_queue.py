"""Queues."""

from tests.cdk.templates import Assembly, Template


def test_dead_letters_and_parked_events_are_kept_as_long_as_possible(orders: Template, ledger: Template) -> None:
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
        for queue in stack.resources("AWS::SQS::Queue"):
            if queue["QueueName"].endswith("-events-undelivered"):
                # It contains events for which the key of the bus was not available.
                assert queue["SqsManagedSseEnabled"] is True
                continue
            assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": [stack.logical_id("AWS::KMS::Key"), "Arn"]}
