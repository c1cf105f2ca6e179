"""A service's stack as a whole."""

from tests.cdk.templates import Template


def test_the_outputs_name_what_scripts_look_for(orders: Template, ledger: Template) -> None:
    assert orders.content["Outputs"].keys() >= {
        "ApiFunctionName",
        "RelayFunctionName",
        "RelayOutboxParkedQueueUrl",
        "TableName",
    }
    assert ledger.content["Outputs"].keys() >= {"ConsumerEventsQueueUrl", "ConsumerEventsDeadLetterQueueUrl"}
