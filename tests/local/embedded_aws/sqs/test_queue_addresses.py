"""Queues of a platform that moves to another port."""

import asyncio
import json

from ministack.core.persistence import _json_default, _json_object_hook
from ministack.services import sqs

from tests.local.embedded_aws.resources import arn


def test_a_queue_is_found_after_a_move_also_if_its_url_named_the_port_before() -> None:
    url = call_create()
    assert ":4566/" in url
    sqs._act_send_message({"QueueUrl": url, "MessageBody": "kept"}, url)
    written = json.dumps(sqs.get_state(), default=_json_default)

    for state in (written, written.replace(":4566/", ":27566/")):
        sqs.reset()
        sqs.load_persisted_state(json.loads(state, object_hook=_json_object_hook))

        found = sqs._queue_by_arn(arn("sqs", "work"))
        assert found is not None
        assert [message["body"] for message in found["messages"]] == ["kept"]
        received = asyncio.run(sqs._act_receive_message({"QueueUrl": url, "VisibilityTimeout": 0}, url))
        assert [message["Body"] for message in received["Messages"]] == ["kept"]


def call_create() -> str:
    url: str = sqs._act_create_queue({"QueueName": "work"}, "")["QueueUrl"]
    return url
