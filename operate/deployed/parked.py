"""What a relay parked is given to the relay again: it publishes what it can now, and parks the rest anew.

A parked message leads to the outbox items that it is about, which the table keeps for three weeks. It is deleted after
the relay has taken them, so that no event is lost; one that is published twice is known to the consumers' inboxes.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

# functions/shared/aws/dynamodb.py names outbox items so: with the id of the event, a UUID of version 7, whose start is
# the 48 bits of its time in milliseconds.
OUTBOX_PREFIX = "OUTBOX#"
ALIAS = "live"
_BATCH = 10
_HELD_S = 120
# An event gets its id when its request begins, and is in the stream when that has ended.
_BEFORE = timedelta(minutes=2)
_AFTER = timedelta(seconds=5)

type Record = dict[str, Any]


class ParkedEvents:
    """The parked events of one relay.

    Args:
        target: Where it runs.
        service: Whose relay it is.
        function: How the service calls it.
        wait_s: How long to wait for a message; without waiting SQS asks some of its servers only.
    """

    def __init__(self, target: Target, service: str, function: str, *, wait_s: int = 1) -> None:
        manifest = target.manifest(service)
        if manifest.table is None:
            raise OperateError(f"{service} has no table, and so no outbox.")
        self._name = f"{service}.{function}"
        self._wait_s = wait_s
        self._function = target.name_of(service, function)
        self._queue = target.name_of(service, function, "parked")
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
        """Publish what was parked before a moment, or before now; answer whether nothing of it is left.

        Raises:
            OperateError: The relay could not take them; they stay parked.
        """
        url = self._sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        began_ms = self._now_ms(url) if before_ms is None else before_ms
        given = kept = 0
        while messages := self._receive(url, count=min(_BATCH, per_second)):
            earlier = [each for each in messages if int(each["Attributes"]["SentTimestamp"]) < began_ms]
            self._release(url, [each for each in messages if each not in earlier])
            if not earlier:
                break
            given_now, kept_now = self._give(url, earlier)
            given, kept = given + given_now, kept + kept_now
            progress.show(f"{given} messages given to {self._name}, {kept} left")
            sleep(len(messages) / per_second)
        progress.say(f"{given} parked messages of {self._name} were given to it again.")
        if kept:
            progress.say(f"{kept} stay parked: the table no longer has their outbox items. See make dead-letters.")
        return not kept and not self._is_parked_since(url, began_ms, progress)

    def _give(self, url: str, messages: Sequence[Any]) -> tuple[int, int]:
        """Give the events of messages to the relay and delete these; answer how many, and how many lead nowhere."""
        found = [(message, self._records(message)) for message in messages]
        leading = [message for message, records in found if records]
        try:
            self._invoke([record for _, records in found for record in records])
        except BaseException:
            self._release(url, messages)
            raise
        for message in leading:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(leading), len(messages) - len(leading)

    def _invoke(self, records: Sequence[Record]) -> None:
        if not records:
            return
        answer = self._lambda.invoke(
            FunctionName=self._function, Qualifier=ALIAS, Payload=json.dumps({"Records": records}).encode()
        )
        said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError") or said.get("batchItemFailures"):
            raise OperateError(f"{self._name} could not take them, and they stay parked; see its logs. It said: {said}")

    def _records(self, message: Any) -> list[Record]:  # noqa: ANN401 - JSON
        """Return the stream records of the outbox items that a message leads to; none where it leads nowhere."""
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
        # What the table holds now comes first: a person may have mended it.
        image = self._image(stream.get("Keys") or body["keys"]) or stream.get("NewImage")
        if image:
            yield image

    def _image(self, keys: Any) -> Any:  # noqa: ANN401 - JSON
        return self._dynamodb.get_item(TableName=self._table, Key=keys, ConsistentRead=True).get("Item")

    def _created(self, batch: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
        """Find the outbox items of the time of a batch that Lambda gave up: it says when, but not which."""
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
        """Ask the queue's own clock, for what is parked anew must be told from what was."""
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return int(now.timestamp()) * 1000

    def _is_parked_since(self, url: str, began_ms: int, progress: Progress) -> bool:
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
