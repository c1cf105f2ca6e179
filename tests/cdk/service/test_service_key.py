"""The key of a service's data."""

import json
from collections.abc import Callable

from tests.cdk.templates import Assembly, Json, Template


def statements(template: Template) -> dict[str, Json]:
    return {each["Sid"]: each for each in template.only("AWS::KMS::Key")["KeyPolicy"]["Statement"] if "Sid" in each}


def test_everything_that_a_service_keeps_is_encrypted_with_its_own_key(assembly: Assembly) -> None:
    places: dict[str, Callable[[Json], object]] = {
        "AWS::DynamoDB::Table": lambda it: it["SSESpecification"]["KMSMasterKeyId"],
        "AWS::Logs::LogGroup": lambda it: it["KmsKeyId"],
        "AWS::SQS::Queue": lambda it: it["KmsMasterKeyId"],
        "AWS::SecretsManager::Secret": lambda it: it["KmsKeyId"],
        "AWS::S3::Bucket": lambda it: it["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
            "ServerSideEncryptionByDefault"
        ]["KMSMasterKeyID"],
    }
    seen = set()
    for service in ("orders", "ledger", "audit", "albums", "prints"):
        template = assembly.stack(f"platform-prod-{service}")
        key = {"Fn::GetAtt": [template.logical_id("AWS::KMS::Key"), "Arn"]}
        for kind, key_of in places.items():
            for resource in template.resources(kind):
                assert key_of(resource) == key, (service, kind)
                seen.add(kind)

    assert seen == places.keys()


def test_a_key_rotates_and_outlives_its_stack_in_prod(assembly: Assembly) -> None:
    for environment, policy in (("dev", "Delete"), ("prod", "RetainExceptOnCreate")):
        [key] = assembly.stack(f"platform-{environment}-orders").whole("AWS::KMS::Key")
        assert key["Properties"]["EnableKeyRotation"] is True
        assert key["DeletionPolicy"] == policy


def test_logs_may_use_the_key_for_the_groups_of_the_service_alone(orders: Template) -> None:
    logs = statements(orders)["Logs"]

    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert json.dumps(logs["Condition"]).endswith(':log-group:/aws/lambda/platform-local-orders-*"]]}}}')
    assert not [action for action in logs["Action"] if "*" in action]


def test_events_may_use_the_key_only_where_they_fill_a_queue_which_takes_them_from_this_account_alone(
    orders: Template, ledger: Template
) -> None:
    assert "Events" not in statements(orders)
    events = statements(ledger)["Events"]
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert sorted(events["Action"]) == ["kms:Decrypt", "kms:GenerateDataKey"]
    # A condition here could lose events; the queues have it.
    assert "Condition" not in events
    policies = [policy["PolicyDocument"]["Statement"] for policy in ledger.resources("AWS::SQS::QueuePolicy")]
    from_events = [
        each for found in policies for each in found if "events.amazonaws.com" in json.dumps(each["Principal"])
    ]
    assert len(from_events) >= 2
    for statement in from_events:
        assert "aws:Source" in json.dumps(statement["Condition"])


def test_a_role_may_use_a_key_only_through_the_service_that_stores_the_data(assembly: Assembly) -> None:
    used = set()
    for template in assembly.stacks().values():
        for policy in template.resources("AWS::IAM::Policy"):
            for statement in policy["PolicyDocument"]["Statement"]:
                if "kms:" in json.dumps(statement["Action"]):
                    used.add(statement["Condition"]["StringEquals"]["kms:ViaService"].partition(".")[0])

    assert used == {"dynamodb", "s3", "secretsmanager", "sqs"}
