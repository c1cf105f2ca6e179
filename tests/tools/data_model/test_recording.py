"""The texts of recorded requests."""

import pytest

from tests.tools.data_model.recording import shown, spelt_out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "USER#01938b2e"}, "USER#…"),
        ({"S": "users.create#ab12"}, "users.create#…"),
        ({"S": "active"}, "active"),
        ({"S": "INBOX"}, "INBOX"),
        ({"S": "2026-11-23T10:00:00Z#01938b2e"}, "…"),
        ({"S": "01938b2e-7c4a"}, "…"),
        ({"S": "ffff"}, "…"),
        ({"S": "ada@example.com"}, "…"),
        ({"N": "3"}, "…"),
    ],
)
def test_only_the_part_of_a_value_that_is_equal_in_each_run_is_shown(value: dict[str, str], text: str) -> None:
    assert shown(value) == text


def test_an_expression_is_spelt_out_with_its_names_and_values() -> None:
    request = {
        "KeyConditionExpression": "#1 = :1 AND #10 > :10",
        "ExpressionAttributeNames": {"#1": "state", "#10": "user_id"},
        "ExpressionAttributeValues": {":1": {"S": "active"}, ":10": {"S": "0193"}},
    }

    assert spelt_out(request, "KeyConditionExpression") == "state = active AND user_id > …"
    assert spelt_out(request, "FilterExpression") == ""
