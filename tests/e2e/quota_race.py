"""Many threads that use up an owner's quota at once; runs in a process of its own, with the environment of a function.

It prints the number of resources that were added: in the race, and one after the other until the quota refused.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from functions.files.domain import Declaration, create_file
from functions.files.errors import StorageFull, TooManyFiles
from functions.files.repository import FileRepository
from functions.shared.aws.quotas import Usage
from functions.shared.errors import Unavailable
from functions.webhooks.errors import TooManyWebhooks
from functions.webhooks.repository import WebhookRepository
from tests.waiting import HANG_S
from tests.webhooks.things import a_webhook

AT_MOST = 5
RACERS = 24
FULL = (StorageFull, TooManyFiles, TooManyWebhooks)


def add_file(owner: str, *, at_most: Usage, size_bytes: int) -> None:
    declared = Declaration(content_type="text/csv", size_bytes=size_bytes)
    FileRepository(at_most=at_most).add(create_file(owner=owner, name="a.csv", declaration=declared))


def add_webhook(owner: str) -> None:
    WebhookRepository(webhooks_per_owner=AT_MOST).add(a_webhook(owner=owner))


ADDS: dict[str, Callable[[str], None]] = {
    "files": lambda owner: add_file(owner, at_most=Usage(items=AT_MOST, size_bytes=1000), size_bytes=10),
    "bytes": lambda owner: add_file(owner, at_most=Usage(items=100, size_bytes=10 * AT_MOST + 9), size_bytes=10),
    "webhooks": add_webhook,
}


def race(add: Callable[[str], None], owner: str) -> tuple[int, int]:
    start = Barrier(RACERS)

    def run(_: int) -> bool:
        start.wait(timeout=HANG_S)
        return is_added(add, owner)

    with ThreadPoolExecutor(RACERS) as pool:
        added = sum(pool.map(run, range(RACERS)))
    later = 0
    while is_added(add, owner):
        later += 1
    return added, later


def is_added(add: Callable[[str], None], owner: str) -> bool:
    try:
        add(owner)
    except FULL:
        return False
    except Unavailable:
        # Too many others changed the counter at the same time: a client tries again.
        return False
    return True


if __name__ == "__main__":
    sys.stdout.write(json.dumps(race(ADDS[sys.argv[1]], uuid4().hex)))
