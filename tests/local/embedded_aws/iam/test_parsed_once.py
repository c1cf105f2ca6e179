"""Expressions and policies that are parsed once, tried in a process of the embedded AWS's own."""

from pathlib import Path

from tests.local.embedded_aws.test_behaviour import pytestmark, run

__all__ = ["pytestmark"]


def test_a_condition_is_parsed_once_and_holds_for_each_item_by_itself(tmp_path: Path) -> None:
    answer = run(
        """
from ministack.services import dynamodb
dynamodb._create_table({"TableName": "people", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"})

def add(first, last):
    puts = [{"Put": {"TableName": "people", "Item": {"pk": {"S": str(number)}},
                     "ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": "pk"}}}
            for number in range(first, last)]
    status, _, body = dynamodb._transact_write_items({"TransactItems": puts})
    return status, [reason["Code"] for reason in json.loads(body).get("CancellationReasons", [])]

before = dynamodb._condition_syntax_error.cache_info().misses
answers = [add(0, 90), add(89, 92), add(90, 92)]
print(json.dumps([answers, dynamodb._condition_syntax_error.cache_info().misses - before]))
""",
        tmp_path,
    )

    answers, parsed = answer
    assert answers == [[200, []], [400, ["ConditionalCheckFailed", "None", "None"]], [200, []]]
    assert parsed == 1


def test_a_policy_that_changes_counts_at_once(tmp_path: Path) -> None:
    answer = run(
        """
from ministack.core import iam_evaluator

def actions(document):
    return [statement.actions for statement in iam_evaluator.parse_policy_document(document)]

def policy(action):
    return {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}

print(json.dumps([actions(json.dumps(policy("s3:Get*"))), actions(json.dumps(policy("s3:Put*"))),
                  actions(policy("s3:List*")), actions("no JSON"),
                  iam_evaluator.parse_policy_document(json.dumps(policy("s3:Get*")))
                  is iam_evaluator.parse_policy_document(json.dumps(policy("s3:Get*")))]))
""",
        tmp_path,
    )

    assert answer == [[["s3:Get*"]], [["s3:Put*"]], [["s3:List*"]], [], True]
