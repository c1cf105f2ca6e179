"""Fixtures of every unit test: the environment of a function, and tables from the manifests."""

import gc
import io
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import settings

from cdk.settings.manifests import read_manifest
from tests.newer_release import newer_release_beside
from tests.one_worker import SharedWorkerScheduling
from tests.tables import aws_in_memory
from tests.tables import make_table as make_table_of
from tests.tokens import user_pool

ROOT = Path(__file__).parents[1]

# The variables that the stacks set, before any test imports a service. They reach no AWS account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_REGION="eu-west-1",
    AWS_DEFAULT_REGION="eu-west-1",
    BLOCKED_TABLE_NAME="-",
    POWERTOOLS_METRICS_NAMESPACE="platform",
    POWERTOOLS_SERVICE_NAME="tests",
)
# Background jobs of a shell ignore Ctrl-C, and so would the processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The time of an example depends on the load of the machine. `make check` asks for fewer examples.
settings.register_profile("platform", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "100")))
settings.load_profile("platform")
# Each session of botocore would read the descriptions of the services again.
botocore.session.create_loader = cache(botocore.session.create_loader)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "TABLE_NAME"):
    os.environ.pop(name, None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules with slow tests alone where only the others run, since their imports take seconds."""
    if config.option.markexpr != "not slow":
        return None
    is_slow = collection_path == ROOT / "tests" / "e2e" or (
        collection_path.suffix == ".py" and "\npytestmark = pytest.mark.slow\n" in collection_path.read_text("utf-8")
    )
    # Other reasons may leave it out, too.
    return is_slow or None


def pytest_collection_finish() -> None:
    """Collect garbage less often, and never among the modules and tests that are there until the end."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedWorkerScheduling:
    """Return the scheduler that keeps tests with a shared platform in one worker."""
    return SharedWorkerScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _user_pool() -> Iterator[None]:
    """The user pool that the functions trust."""
    with user_pool():
        yield


@pytest.fixture(autouse=True)
def contracts_hold() -> Iterator[None]:
    """Fail tests with an event, in an outbox or for a consumer, that breaks its contract or is in no manifest."""
    from functions.shared.messaging.event_checks import incoming, outgoing  # noqa: PLC0415 - after the environment above
    from functions.shared.messaging.events import Event  # noqa: PLC0415 - after the environment above
    from tests.tools.contracts.published import check_event  # noqa: PLC0415 - the module reads every contract

    broken: list[Exception] = []

    def check_incoming(event: Event) -> None:
        try:
            check_event(event)
        except Exception as error:
            # The batch loop reports this error as a failed message, which a test may expect.
            broken.append(error)
            raise

    ends = [outgoing.add(check_event), incoming.add(check_incoming)]
    yield
    for end in ends:
        end()
    assert not broken


@pytest.fixture(autouse=True)
def _no_metrics_of_the_test_before() -> None:
    """A function counts in a store of its process, and writes it at the end of an invocation only."""
    from functions.shared.observability import metrics  # noqa: PLC0415 - after the environment above

    metrics().clear_metrics()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of the functions, as CloudWatch receives it."""
    from functions.shared.observability import logger  # noqa: PLC0415 - after the environment above

    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield handler.stream
    logging.getLogger(logger.service).removeHandler(handler)


@pytest.fixture
def aws() -> Iterator[None]:
    """An empty AWS in this process."""
    with aws_in_memory():
        yield


@pytest.fixture
def make_table(aws: None, request: pytest.FixtureRequest) -> Iterator[Callable[[str], None]]:
    """Create the table of a service from its manifest, under the service's name."""
    with ExitStack() as until_the_end:

        def make(service: str) -> None:
            make_table_of(read_manifest(ROOT / "functions" / service / "service.toml", ROOT))
            if request.node.get_closest_marker("beside_a_newer_release"):
                until_the_end.enter_context(newer_release_beside(service))

        yield make
