"""A service's table."""

from tests.cdk.templates import Template


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
