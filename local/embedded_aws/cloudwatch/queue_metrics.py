"""Record in CloudWatch the number of messages in each queue, and the age of the oldest.

Relies on the queues of `sqs` and the shape of their messages, and on `cloudwatch.record_metric`. AWS measures once a
minute; here each evaluation of the alarms measures, and only the queues that have messages, or had some before.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import time
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import cloudwatch, sqs

from local.embedded_aws.extension import Extension, Hook

_NAMESPACE = "AWS/SQS"
# The queues that had messages at the last measurement.
_waited: set[str] = set()


def measure() -> None:
    """Record the number of messages of each queue, and the age of the oldest."""
    now = time.time()
    for (account_id, region, url), queue in list(sqs._queues._data.items()):
        messages = list(queue["messages"])
        if not messages and url not in _waited:
            continue
        (_waited.add if messages else _waited.discard)(url)
        set_request_account_id(account_id)
        set_request_region(region)
        for name, value, unit in _measured(messages, now):
            cloudwatch.record_metric(_NAMESPACE, name, value, unit, {"QueueName": queue["name"]})


def _measured(messages: list[dict[str, Any]], now: float) -> tuple[tuple[str, float, str], ...]:
    visible = sum(message["visible_at"] <= now for message in messages)
    age_s = max((now - message["sent_at"] for message in messages), default=0.0)
    return (
        ("ApproximateNumberOfMessagesVisible", float(visible), "Count"),
        ("ApproximateAgeOfOldestMessage", age_s, "Seconds"),
    )


EXTENSION = Extension(
    closes="CloudWatch had no metrics of queues, and an alarm could not evaluate them.",
    hooks=(
        Hook(
            module="ministack.services.sqs",
            name="_refresh_counts",
            contains=('for m in q["messages"]:', 'if m["visible_at"] <= now:'),
        ),
        Hook(module="ministack.services.sqs", name="_queues"),
    ),
)
