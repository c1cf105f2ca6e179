"""What every unit test stands on: an environment like a function's, and tables made as the manifests say."""

import io
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from cdk.settings.manifests import read_manifest
from tests.one_worker import Together
from tests.tokens import user_pool
from tools.data_model.table import aws_in_memory
from tools.data_model.table import make_table as make_table_of

ROOT = Path(__file__).parents[1]

# As the stacks set it; here, before any test imports a service. Nothing of it reaches an AWS account.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_REGION="eu-west-1",
    AWS_DEFAULT_REGION="eu-west-1",
    POWERTOOLS_METRICS_NAMESPACE="platform",
    POWERTOOLS_SERVICE_NAME="tests",
)
# A shell lets what it starts in the background ignore Ctrl-C, and so would whatever tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes says how busy the machine is.
settings.register_profile("platform", deadline=None)
settings.load_profile("platform")
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "TABLE_NAME"):
    os.environ.pop(name, None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Tell pytest-xdist which tests belong together."""
    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def _user_pool() -> Iterator[None]:
    """The pool whose tokens the functions take."""
    with user_pool():
        yield


@pytest.fixture(autouse=True)
def contracts_hold() -> Iterator[None]:
    """No test can write into an outbox, or hand to a consumer, what no manifest names or what breaks its contract."""
    from functions.shared.messaging.event_checks import incoming, outgoing  # noqa: PLC0415
    from functions.shared.messaging.events import Event  # noqa: PLC0415 - after the environment above
    from tests.tools.contracts.published import check_event  # noqa: PLC0415 - it reads every contract

    broken: list[Exception] = []

    def check_incoming(event: Event) -> None:
        try:
            check_event(event)
        except Exception as error:
            # The loop over the batch takes it for a failure of the message, which a test may expect.
            broken.append(error)
            raise

    ends = [outgoing.add(check_event), incoming.add(check_incoming)]
    yield
    for end in ends:
        end()
    assert not broken


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the functions log, as CloudWatch would get it."""
    from functions.shared.observability import logger  # noqa: PLC0415 - after the environment above

    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield handler.stream
    logging.getLogger(logger.service).removeHandler(handler)


@pytest.fixture
def aws() -> Iterator[None]:
    """An AWS in this process, empty."""
    with aws_in_memory():
        yield


@pytest.fixture
def make_table(aws: None) -> Callable[[str], None]:
    """Makes the table of a service as its manifest says, under the service's name."""

    def make(service: str) -> None:
        make_table_of(read_manifest(ROOT / "functions" / service / "service.toml", ROOT))

    return make
