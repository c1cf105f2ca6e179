"""Events of new objects."""

import json
from typing import Any

from ministack.services import s3

from local.embedded_aws.s3 import object_events
from tests.local.embedded_aws.resources import wait_until
from tests.local.embedded_aws.s3.buckets import create_bucket


def test_the_event_of_a_new_object_names_its_version() -> None:
    sent: list[dict[str, Any]] = []
    object_events._upstream_dispatch = lambda event, *_, **__: sent.append(event)
    create_bucket()

    _, headers, _ = s3._put_object("b", "k", b"body", {})

    wait_until(lambda: sent)
    assert json.loads(sent[0]["Detail"])["object"]["version-id"] == headers["x-amz-version-id"]
