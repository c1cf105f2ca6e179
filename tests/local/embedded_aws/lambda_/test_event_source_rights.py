"""Event source mappings that read by the rights of the function's role."""

from ministack.services import lambda_svc

from tests.local.embedded_aws.iam.roles import QUEUE, TABLE, allow, recorded, set_up

READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


def add_mapping(name: str, source: str) -> None:
    lambda_svc._esms[name] = {"UUID": name, "EventSourceArn": source, "FunctionName": "tried", "Enabled": True}


def polled() -> list[str]:
    return [mapping["UUID"] for _, _, mapping in lambda_svc._iter_all_esms()]


def test_a_mapping_starts_a_function_only_while_its_role_may_read_the_queue() -> None:
    set_up()
    add_mapping("m", QUEUE)
    for actions, expected in ((READING, ["m"]), (READING[:2], []), (["sqs:SendMessage"], []), (READING, ["m"])):
        allow((actions, QUEUE))
        assert polled() == expected

    assert [(each["action"], each["allowed"]) for each in recorded()] == [
        ("sqs:ReceiveMessage", True),
        ("sqs:DeleteMessage", True),
        ("sqs:GetQueueAttributes", True),
        ("sqs:GetQueueAttributes", False),
        ("sqs:ReceiveMessage", False),
    ]


def test_a_mapping_of_a_stream_needs_the_four_actions_of_streams() -> None:
    stream = f"{TABLE}/stream/2026-01-01T00:00:00.000"
    needed = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    set_up()
    add_mapping("m", stream)

    allow((needed, stream), (["dynamodb:ListStreams"], f"{TABLE}/stream/*"))
    assert polled() == ["m"]
    allow((needed, stream))
    assert polled() == []


def test_a_mapping_without_an_arn_stops_no_other() -> None:
    set_up()
    allow((READING, QUEUE))
    for name, source in (("none", ""), ("odd", "not an arn"), ("m", QUEUE)):
        add_mapping(name, source)

    assert polled() == ["none", "odd", "m"]
