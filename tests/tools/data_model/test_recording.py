"""How what DynamoDB was asked is shown."""

import pytest

from tools.data_model.recording import shown, spelt_out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "USER#01938b2e"}, "USER#…"),
        ({"S": "users.create#ab12"}, "users.create#…"),
        ({"S": "active"}, "active"),
        ({"S": "INBOX"}, "INBOX"),
        ({"S": "2026-11-23T10:00:00Z#01938b2e"}, "…"),
        ({"S": "01938b2e-7c4a"}, "…"),
        ({"S": "ada@example.com"}, "…"),
        ({"N": "3"}, "…"),
    ],
)
def test_of_a_value_is_shown_what_is_the_same_each_time(value: dict[str, str], text: str) -> None:
    assert shown(value) == text


def test_an_expression_is_spelt_out_with_its_names_and_values() -> None:
    request = {
        "KeyConditionExpression": "(#1 = :1 AND #10 > :10)",
        "ExpressionAttributeNames": {"#1": "state", "#10": "user_id"},
        "ExpressionAttributeValues": {":1": {"S": "active"}, ":10": {"S": "0193"}},
    }

    assert spelt_out(request, "KeyConditionExpression") == "state = active AND user_id > …"
    assert spelt_out(request, "FilterExpression") == ""


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("(#0 = :0)", "state = active"),
        (
            "(attribute_not_exists (#0) AND attribute_exists (#0))",
            "attribute_not_exists (state) AND attribute_exists (state)",
        ),
        ("(#0 = :0) OR (#0 < :0)", "(state = active) OR (state < active)"),
        ("attribute_exists (#0)", "attribute_exists (state)"),
    ],
)
def test_parentheses_around_the_whole_are_left_out(condition: str, said: str) -> None:
    names, values = {"#0": "state"}, {":0": {"S": "active"}}
    request = {"C": condition, "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}

    assert spelt_out(request, "C") == said
