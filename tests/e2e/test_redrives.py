"""The console looks into the dead letters of every function, and redrives one of them and all."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from cdk.settings.manifests import load_manifests
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

FUNCTIONS = [
    (manifest.service, name, each) for manifest in load_manifests() for name, each in manifest.functions.items()
]
# The path of the page of each function, and the name of the queue.
EMPTYING = {
    f"/console/dead-letters/{service}/{name}": f"platform-local-{service}-{each.queue or name}-dlq"
    for service, name, each in FUNCTIONS
    if each.has_queue
}
PARKED = {
    f"/console/dead-letters/{service}/{name}": f"platform-local-{service}-{name}-parked"
    for service, name, each in FUNCTIONS
    if each.trigger == "outbox"
}


@pytest.fixture
def urls(platform: PlatformUnderTest) -> Iterator[dict[str, str]]:
    """The URLs of all queues by the paths of their pages; the queues are empty before and afterwards."""
    sqs = platform.aws("sqs")
    found = {path: sqs.get_queue_url(QueueName=name)["QueueUrl"] for path, name in (EMPTYING | PARKED).items()}

    def purge() -> None:
        for url in found.values():
            sqs.purge_queue(QueueUrl=url)

    purge()
    yield found
    purge()


def text_of(platform: PlatformUnderTest, path: str) -> str:
    return str(platform.gateway.get(path).text)


def shows(platform: PlatformUnderTest, path: str, *texts: str) -> bool:
    return all(text in text_of(platform, path) for text in texts)


def confirm(platform: PlatformUnderTest, path: str, query: str = "") -> None:
    [confirmation] = re.findall(r'name="confirmation" value="([^"]+)"', text_of(platform, f"{path}/redrive{query}"))
    answer = platform.gateway.post(f"{path}/redrive", data={"confirmation": confirmation}, follow_redirects=False)
    assert answer.status_code == 303, answer.text


def test_the_dead_letters_of_each_function_go_back_to_its_queue(
    platform: PlatformUnderTest, urls: dict[str, str]
) -> None:
    sqs = platform.aws("sqs")
    sent = {
        path: [
            str(sqs.send_message(QueueUrl=urls[path], MessageBody=f"no message of ours: {uuid4()}")["MessageId"])
            for _ in range(2)
        ]
        for path in EMPTYING
    }

    def held(path: str) -> set[str]:
        answer: Any = sqs.receive_message(QueueUrl=urls[path], MaxNumberOfMessages=10, VisibilityTimeout=0)
        return {str(each["MessageId"]) for each in answer.get("Messages", [])}

    def came_back(path: str, *moved: str) -> bool:
        """The function refuses a message again, so that it comes back as another one."""
        found = held(path)
        return not found & {*moved} and len(found - {*sent[path]}) >= len(moved)

    for path, ids in sent.items():
        eventually(partial(shows, platform, path, *ids))
        confirm(platform, path, f"?message={ids[1]}")
    for path, ids in sent.items():
        eventually(partial(came_back, path, ids[1]))
        assert ids[0] in held(path)

    for path in sent:
        confirm(platform, path)

    for path, ids in sent.items():
        eventually(partial(shows, platform, path, "completed"))
        eventually(partial(came_back, path, *ids))


def test_the_parked_events_of_each_relay_are_shown(platform: PlatformUnderTest, urls: dict[str, str]) -> None:
    reason = f"It was refused by {uuid4()}."
    for path in PARKED:
        platform.aws("sqs").send_message(QueueUrl=urls[path], MessageBody=f'{{"reason": "{reason}", "keys": {{}}}}')

    for path in PARKED:
        eventually(partial(shows, platform, path, "It was refused by …."))
        assert "make redrive service=" in text_of(platform, path)
