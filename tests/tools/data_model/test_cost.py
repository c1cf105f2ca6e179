"""How what was asked of DynamoDB is shown, call by call and together."""

from tools.data_model.cost import asked_of_all
from tools.data_model.recording import Call


def query(state: str, *, items: int) -> Call:
    request = {
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "state"},
        "ExpressionAttributeValues": {":0": {"S": state}},
    }
    return Call(operation="Query", request=request, items=({"pk": {"S": "x" * 1022}},) * items)


def test_calls_that_differ_in_their_values_alone_are_said_once_with_what_they_found_together() -> None:
    calls = [query("active#0", items=2), query("inactive", items=0), query("active#1", items=1)]

    assert asked_of_all(calls) == [
        "2 × Query `state = active#…`, eventually consistent: 3 items, 3.0 KB",
        "Query `state = inactive`, eventually consistent: nothing",
    ]
