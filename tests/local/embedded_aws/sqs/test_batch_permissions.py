"""The IAM actions of batches."""

from ministack.core import iam_actions


def action(operation: str) -> str | None:
    headers = {"x-amz-target": f"AmazonSQS.{operation}", "content-type": "application/x-amz-json-1.0"}
    found: str | None = iam_actions.extract_iam_action("sqs", "POST", "/", headers, b"{}", {})
    return found


def test_a_batch_of_messages_is_authorized_as_a_single_one() -> None:
    assert action("SendMessage") == "sqs:SendMessage"
    assert action("SendMessageBatch") == "sqs:SendMessage"
    assert action("DeleteMessageBatch") == "sqs:DeleteMessage"
    assert action("ChangeMessageVisibilityBatch") == "sqs:ChangeMessageVisibility"
    assert action("PurgeQueue") == "sqs:PurgeQueue"
