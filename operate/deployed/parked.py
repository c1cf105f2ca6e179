"""Sends parked events to their relay again; the relay publishes those that are valid now, and parks the others again.

A parked message refers to outbox items, which the table keeps for three weeks. The message is deleted only after the
relay has accepted the items, so that no event is lost. The consumers' inboxes skip an event that is published twice.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from functions.shared.interface.dead_letters import PARKED
from functions.shared.interface.names import ALIAS, OUTBOX_PREFIX
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

_BATCH = 10
_HELD_S = 120
# An event gets its id at the start of its request, and enters the stream at the end of the request.
_BEFORE = timedelta(minutes=2)
_AFTER = timedelta(seconds=5)

type Record = dict[str, Any]


class ParkedEvents:
    """The parked events of one relay.

    Args:
        target: The environment.
        service: The service of the relay.
        function: The relay's name in the manifest.
        wait_s: Seconds of long polling; without it, SQS samples only some of its servers.
    """

    def __init__(self, target: Target, service: str, function: str, *, wait_s: int = 1) -> None:
        manifest = target.manifest(service)
        if manifest.table is None:
            raise OperateError(f"{service} has no table and therefore no outbox.")
        self._name = f"{service}.{function}"
        self._wait_s = wait_s
        self._function = target.name_of(service, function)
        self._queue = f"{self._function}{PARKED}"
        self._table = target.name_of(service)
        self._key = manifest.table.partition_key
        self._keys = {self._key, manifest.table.sort_key}
        self._sqs = target.client("sqs")
        self._dynamodb = target.client("dynamodb")
        self._lambda = target.client("lambda")

    def publish(
        self,
        *,
        per_second: int,
        progress: Progress,
        before_ms: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> bool:
        """Publish the events that were parked before a time, by default now; return True if none stays parked.

        Raises:
            OperateError: The relay failed; the events stay parked.
        """
        url = self._sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        began_ms = self._now_ms(url) if before_ms is None else before_ms
        sent = kept = 0
        while messages := self._receive(url, count=min(_BATCH, per_second)):
            earlier = [each for each in messages if int(each["Attributes"]["SentTimestamp"]) < began_ms]
            self._release(url, [each for each in messages if each not in earlier])
            if not earlier:
                break
            sent_now, kept_now = self._send(url, earlier)
            sent, kept = sent + sent_now, kept + kept_now
            progress.show(f"{sent} parked messages sent to {self._name}, {kept} without an outbox item")
            sleep(len(messages) / per_second)
        progress.say(f"{sent} parked messages were sent to {self._name} again.")
        if kept:
            progress.say(f"{kept} stay parked: their outbox items no longer exist. List them with: make dead-letters")
        return not kept and not self._is_parked_again(url, began_ms, progress)

    def _send(self, url: str, messages: Sequence[Any]) -> tuple[int, int]:
        """Send the events of messages to the relay and delete the messages.

        Returns:
            The number of deleted messages, and of messages without an outbox item.
        """
        found = [(message, self._records(message)) for message in messages]
        resolved = [message for message, records in found if records]
        try:
            self._invoke([record for _, records in found for record in records])
        except BaseException:
            self._release(url, messages)
            raise
        for message in resolved:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(resolved), len(messages) - len(resolved)

    def _invoke(self, records: Sequence[Record]) -> None:
        if not records:
            return
        answer = self._lambda.invoke(
            FunctionName=self._function, Qualifier=ALIAS, Payload=json.dumps({"Records": records}).encode()
        )
        result = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or result.get("batchItemFailures"):
            raise OperateError(f"{self._name} failed, so the events stay parked. See its logs. It returned: {result}")

    def _records(self, message: Any) -> list[Record]:  # noqa: ANN401 - JSON
        """Return the outbox items that a message refers to, as stream records; an empty list if there are none."""
        try:
            images = list(self._images(json.loads(message["Body"])))
        except (AttributeError, KeyError, TypeError, ValueError):
            return []
        return [
            {
                "dynamodb": {
                    "SequenceNumber": f"{message['MessageId']}-{number}",
                    "Keys": {key: value for key, value in image.items() if key in self._keys},
                    "NewImage": image,
                }
            }
            for number, image in enumerate(images)
        ]

    def _images(self, body: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
        if "DDBStreamBatchInfo" in body:
            yield from self._created(body["DDBStreamBatchInfo"])
            return
        stream = body.get("record", {}).get("dynamodb", {})
        # The current item takes precedence, since a person may have corrected it.
        image = self._image(stream.get("Keys") or body["keys"]) or stream.get("NewImage")
        if image:
            yield image

    def _image(self, keys: Any) -> Any:  # noqa: ANN401 - JSON
        return self._dynamodb.get_item(TableName=self._table, Key=keys, ConsistentRead=True).get("Item")

    def _created(self, batch: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
        """Find the outbox items of a discarded batch by time: Lambda's message does not contain their keys."""
        first = datetime.fromisoformat(batch["approximateArrivalOfFirstRecord"]) - _BEFORE
        last = datetime.fromisoformat(batch["approximateArrivalOfLastRecord"]) + _AFTER
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            ConsistentRead=True,
            FilterExpression="#key BETWEEN :first AND :last",
            ExpressionAttributeNames={"#key": self._key},
            ExpressionAttributeValues={":first": {"S": _key_at(first)}, ":last": {"S": _key_at(last)}},
        )
        return (item for page in pages for item in page["Items"])

    def _receive(self, url: str, *, count: int) -> list[Any]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=count,
            VisibilityTimeout=_HELD_S,
            WaitTimeSeconds=self._wait_s,
            AttributeNames=["SentTimestamp"],
        )
        return list(answer.get("Messages", []))

    def _release(self, url: str, messages: Sequence[Any]) -> None:
        for message in messages:
            self._sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    def _now_ms(self, url: str) -> int:
        """Return the time by SQS's clock, to tell events that are parked again from those parked earlier."""
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return int(now.timestamp()) * 1000

    def _is_parked_again(self, url: str, began_ms: int, progress: Progress) -> bool:
        messages = self._receive(url, count=_BATCH)
        self._release(url, messages)
        again = [each for each in messages if int(each["Attributes"]["SentTimestamp"]) >= began_ms]
        if again:
            reason = json.loads(again[0]["Body"]).get("reason")
            progress.say(f"{self._name} parked {len(again)} or more of them again: {reason}")
        return bool(again)


def _key_at(moment: datetime) -> str:
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{OUTBOX_PREFIX}{digits[:8]}-{digits[8:]}"
