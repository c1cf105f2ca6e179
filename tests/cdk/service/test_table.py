"""A service's table."""

from tests.cdk.templates import Template

THROTTLED_KEYS = {"Enabled": True, "Mode": "THROTTLED_KEYS"}


def test_the_table_has_the_keys_indexes_and_safeguards(orders: Template) -> None:
    table = orders.only("AWS::DynamoDB::Table")

    assert table["TableName"] == "platform-local-orders"
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["ContributorInsightsSpecification"] == THROTTLED_KEYS
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    [index] = table["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["ContributorInsightsSpecification"]) == ("by_state", THROTTLED_KEYS)


def test_a_table_refuses_plain_http(orders: Template) -> None:
    [statement] = orders.only("AWS::DynamoDB::Table")["ResourcePolicy"]["PolicyDocument"]["Statement"]

    assert statement == {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "dynamodb:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_only_a_table_with_an_outbox_has_a_stream(orders: Template, ledger: Template) -> None:
    assert orders.only("AWS::DynamoDB::Table")["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert "StreamSpecification" not in ledger.only("AWS::DynamoDB::Table")
