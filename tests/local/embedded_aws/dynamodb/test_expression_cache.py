"""Conditions that are parsed once."""

import json

from ministack.services import dynamodb

from tests.local.embedded_aws.dynamodb.people import create_people, text


def add(first: int, last: int) -> tuple[int, list[str]]:
    """Add people in one transaction; return its status and the reasons of a cancellation."""
    puts = [
        {
            "Put": {
                "TableName": "people",
                "Item": {"pk": text(str(number)), "sk": text("-")},
                "ConditionExpression": "attribute_not_exists(#k)",
                "ExpressionAttributeNames": {"#k": "pk"},
            }
        }
        for number in range(first, last)
    ]
    status, _, body = dynamodb._transact_write_items({"TransactItems": puts})
    return status, [reason["Code"] for reason in json.loads(body).get("CancellationReasons", [])]


def test_a_condition_is_parsed_once_and_evaluated_for_each_item() -> None:
    create_people()
    parsed_before = dynamodb._condition_syntax_error.cache_info().misses

    assert add(0, 90) == (200, [])
    assert add(89, 92) == (400, ["ConditionalCheckFailed", "None", "None"])
    assert add(90, 92) == (200, [])
    assert dynamodb._condition_syntax_error.cache_info().misses - parsed_before == 1
