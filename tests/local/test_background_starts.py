"""Starts after a reload, with a start that the test holds up."""

from collections.abc import Iterator
from threading import Event

import pytest
from botocore.exceptions import EndpointConnectionError

from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from local.background_starts import BackgroundStarts
from local.function_starts import StartFailure

ACTIVITY, USERS = (each for each in load_manifests() if each.service in {"activity", "users"})


class HeldUpStart:
    """A start that fails as soon as the test lets it."""

    def __init__(self) -> None:
        self.begun, self.go_on = Event(), Event()
        self.started: list[str] = []

    def __call__(self, manifest: Manifest, function: str) -> StartFailure:
        self.started.append(f"{manifest.service}/{function}")
        self.begun.set()
        assert self.go_on.wait(timeout=30)
        return StartFailure(service=manifest.service, function=function, error="killed", stack=())


class Told:
    """The failures that were told, in order."""

    def __init__(self, *, awaited: int) -> None:
        self.names: list[str] = []
        self.all = Event()
        self._awaited = awaited

    def __call__(self, failure: StartFailure) -> None:
        self.names.append(failure.name)
        if len(self.names) == self._awaited:
            self.all.set()


@pytest.fixture
def start() -> HeldUpStart:
    return HeldUpStart()


@pytest.fixture
def starts(start: HeldUpStart) -> Iterator[BackgroundStarts]:
    starts = BackgroundStarts(start)
    yield starts
    start.go_on.set()
    starts.close()


def test_functions_start_one_after_the_other_and_every_failure_is_told(
    start: HeldUpStart, starts: BackgroundStarts
) -> None:
    told = Told(awaited=2)
    starts.submit(USERS, "relay", told)
    starts.submit(USERS, "importer", told)
    assert start.begun.wait(timeout=30)
    assert start.started == ["users/relay"]

    start.go_on.set()

    assert told.all.wait(timeout=30)
    assert told.names == ["users/relay", "users/importer"]


def test_a_call_that_the_embedded_aws_does_not_answer_is_told() -> None:
    def unanswered(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://localhost:4566")

    told, starts = Told(awaited=1), BackgroundStarts(unanswered)
    starts.submit(USERS, "relay", told)

    assert told.all.wait(timeout=30)
    assert told.names == ["users/relay"]
    starts.close()


def test_a_newer_reload_drops_the_starts_of_its_services_and_their_failures(
    start: HeldUpStart, starts: BackgroundStarts
) -> None:
    told = Told(awaited=2)
    starts.submit(USERS, "relay", told)
    starts.submit(USERS, "importer", told)
    starts.submit(ACTIVITY, "consumer", told)
    assert start.begun.wait(timeout=30)

    starts.supersede([USERS])
    starts.submit(USERS, "relay", told)
    start.go_on.set()

    assert told.all.wait(timeout=30)
    assert start.started == ["users/relay", "activity/consumer", "users/relay"]
    assert told.names == ["activity/consumer", "users/relay"]
