"""The parallel execution of lives."""

import threading
from pathlib import Path

import pytest

from operate.deployed.api import Api
from operate.errors import OperateError
from operate.seeds.life import FAILURES_MAX, Life, Outcome, live
from tests.operate.gateway import Reply, Request, gateway


@pytest.fixture
def api(tmp_path: Path) -> Api:
    with gateway(lambda _: Reply(200), tmp_path) as target:
        return Api(target, token=lambda: "token", connections=1)


def last(lives: list[Life], api: Api, *, at_once: int = 3) -> Outcome:
    return list(live(lives, api, at_once=at_once))[-1]


def test_every_life_runs_once_and_is_counted(api: Api) -> None:
    lived: list[int] = []

    def numbered(number: int) -> Life:
        def life(_: Api) -> bool:
            lived.append(number)
            return number % 4 > 0

        return life

    outcome = last([numbered(number) for number in range(20)], api)

    assert sorted(lived) == list(range(20))
    assert (outcome.created, outcome.existed, outcome.failures) == (15, 5, [])


def test_as_many_lives_run_in_parallel_as_allowed_and_no_more(api: Api) -> None:
    together = threading.Barrier(3, timeout=10)
    running, most = 0, 0
    lock = threading.Lock()

    def life(_: Api) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
        return True

    assert last([life] * 9, api).created == 9
    assert most == 3


def test_a_failed_life_does_not_stop_the_others(api: Api) -> None:
    def fails(_: Api) -> bool:
        raise OperateError("refused")

    outcome = last([fails, lambda _: True, fails, lambda _: True], api)

    assert (outcome.created, outcome.reasons) == (2, [("refused", 2)])


def test_too_many_failures_end_the_run(api: Api) -> None:
    def fails(_: Api) -> bool:
        raise OperateError("refused")

    assert len(last([fails] * 1000, api).failures) < FAILURES_MAX + 3


def test_an_interruption_does_not_wait_for_retries(tmp_path: Path) -> None:
    asked = threading.Event()
    requests: list[Request] = []

    def busy(request: Request) -> Reply:
        requests.append(request)
        asked.set()
        return Reply(503, headers={"Retry-After": "10"})

    with gateway(busy, tmp_path) as target:
        api = Api(target, token=lambda: "token", connections=1)
        outcomes = live(
            [lambda _: asked.wait(10), lambda api: bool(api.send("GET", "/users", expect={200}))], api, at_once=2
        )
        assert next(outcomes).created == 1
        outcomes.close()

    # `Api` makes 8 attempts if it is not stopped.
    assert len(requests) < 8


def test_no_lives_yield_no_outcome(api: Api) -> None:
    assert list(live([], api, at_once=2)) == []
