"""The lock of the queues."""

import asyncio
import threading
from collections.abc import Iterator
from contextvars import copy_context
from typing import Any

from ministack.services import sqs


def call(action: str, url: str = "", **request: Any) -> Any:
    return asyncio.run(sqs._dispatch(action, {"QueueUrl": url, **request}, url))


def test_every_change_of_a_queue_waits_for_the_lock() -> None:
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    call("SendMessage", url, MessageBody="a")
    [message] = call("ReceiveMessage", url, VisibilityTimeout=60)["Messages"]
    handle = {"ReceiptHandle": message["ReceiptHandle"]}
    entry = {"Id": "1", **handle}
    requests: dict[str, dict[str, Any]] = {
        "SendMessage": {"MessageBody": "b"},
        "SendMessageBatch": {"Entries": [{"Id": "1", "MessageBody": "c"}]},
        "ReceiveMessage": {},
        "ChangeMessageVisibility": {**handle, "VisibilityTimeout": 60},
        "ChangeMessageVisibilityBatch": {"Entries": [{**entry, "VisibilityTimeout": 60}]},
        "DeleteMessageBatch": {"Entries": [entry]},
        "DeleteMessage": handle,
        "PurgeQueue": {},
    }
    waited = []
    for action, request in requests.items():
        calling = threading.Thread(target=copy_context().run, args=(call, action, url), kwargs=request)
        with sqs._queues_lock:
            calling.start()
            calling.join(0.1)
            if calling.is_alive():
                waited.append(action)
        calling.join(5)

    assert waited == list(requests)
    assert sqs._queues[url]["messages"] == []


class SlowList(list[Any]):
    """A list that lets another thread run between its last element and the reader's next step."""

    def __init__(self, elements: list[Any]) -> None:
        super().__init__(elements)
        self.was_read, self.go_on = threading.Event(), threading.Event()

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        self.was_read.set()
        self.go_on.wait(1)


def test_a_message_that_is_sent_while_others_are_deleted_is_kept() -> None:
    url = call("CreateQueue", QueueName="tried")["QueueUrl"]
    sqs._act_send_message({"MessageBody": "old"}, url)
    messages = SlowList(sqs._queues[url]["messages"])
    sqs._queues[url]["messages"] = messages
    delete = threading.Thread(target=sqs._delete_messages_for_esm, args=(url, {"handle"}))
    delete.start()
    messages.was_read.wait(5)

    call("SendMessage", url, MessageBody="one")
    call("SendMessageBatch", url, Entries=[{"Id": "1", "MessageBody": "batch"}])

    messages.go_on.set()
    delete.join()
    assert [message["body"] for message in sqs._queues[url]["messages"]] == ["old", "one", "batch"]
