"""Checkpoints of a process that goes on."""

import asyncio
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import persistence
from ministack.services import lambda_svc, ssm

from local.embedded_aws import checkpoints
from local.embedded_aws.checkpoints import Checkpoints
from local.embedded_aws.saved_state import SavedState
from tests.local.embedded_aws.resources import function, wait_until

STATE = Path(os.environ["HOME"], "state")


def prepared(**more: Any) -> Checkpoints:
    persistence.PERSIST_STATE = True
    lambda_svc.CODE_BLOB_DIR = str(STATE / "services" / "lambda-blobs")
    for module in ("ssm", "lambda_svc"):
        app._get_module(module)
    state = SavedState(STATE)
    state.prepare()
    return Checkpoints(state, **{"changes": lambda: 0, "is_quiet": lambda: True} | more)


def put(value: str) -> None:
    ssm._put_parameter({"Name": "/tried", "Value": value, "Type": "String", "Overwrite": True})


def saved() -> str:
    written = STATE / "checkpoint" / "services" / "ssm.json"
    return written.read_text() if written.exists() else ""


def test_a_checkpoint_has_the_state_of_its_beginning_and_the_process_goes_on() -> None:
    tried = prepared()
    put("before")

    async def change_meanwhile() -> None:
        writing = asyncio.create_task(tried.write())
        await asyncio.sleep(0)
        put("after")
        await writing

    asyncio.run(change_meanwhile())

    assert '"before"' in saved()
    assert '"after"' not in saved()
    assert SavedState(STATE).crashed
    assert SavedState(STATE).saved_at is not None


def test_the_code_of_functions_is_in_a_checkpoint_and_older_code_is_not() -> None:
    tried = prepared()
    blobs = STATE / "services" / "lambda-blobs"
    for source in ("def handler(event, context): return 1", "def handler(event, context): return 2"):
        lambda_svc._functions["tried"] = function(source)
        asyncio.run(tried.write())

    # The zip of the function that runs now; its record names it.
    [blob] = blobs.iterdir()
    assert blob.stem in (STATE / "checkpoint" / "services" / "lambda.json").read_text()
    assert isinstance(lambda_svc._functions["tried"]["code_zip"], bytes)


def test_a_lock_that_another_thread_holds_delays_no_checkpoint_of_the_parent() -> None:
    checkpoints._AT_MOST_S = 1
    held = threading.Lock()
    held.acquire()
    tried = prepared()
    app._state_map["held"] = "held"
    app._loaded_modules["held"] = type("Held", (), {"get_state": staticmethod(held.acquire)})

    asyncio.run(tried.write())
    assert saved() == ""

    del app._state_map["held"]
    put("later")
    asyncio.run(tried.write())
    assert '"later"' in saved()


def test_a_checkpoint_is_written_when_asked_and_after_changes_but_not_without() -> None:
    changes = [0]
    tried = prepared(changes=lambda: changes[0])
    checkpoints._EVERY_S = 0.05
    put("first")

    async def run() -> None:
        keeping = asyncio.create_task(tried.keep())
        await asyncio.sleep(0.5)
        assert saved() == ""
        changes[0] += 1
        await asyncio.to_thread(wait_until, lambda: "first" in saved())
        put("second")
        tried.ask()
        await asyncio.to_thread(wait_until, lambda: "second" in saved())
        keeping.cancel()

    asyncio.run(run())


def test_a_checkpoint_waits_for_a_request_that_is_being_answered() -> None:
    quiet = [False]
    tried = prepared(is_quiet=lambda: quiet[0])
    put("half")

    async def run() -> None:
        keeping = asyncio.create_task(tried.keep())
        await asyncio.sleep(0)
        tried.ask()
        await asyncio.sleep(0.3)
        assert saved() == ""
        put("whole")
        quiet[0] = True
        await asyncio.to_thread(wait_until, saved)
        keeping.cancel()

    asyncio.run(run())
    assert json.loads(saved())["payload"]
    assert "whole" in saved()


def test_a_stop_ends_a_checkpoint_that_is_being_written() -> None:
    tried = prepared()
    app._state_map["slow"] = "slow"
    app._loaded_modules["slow"] = type("Slow", (), {"get_state": staticmethod(lambda: time.sleep(60))})

    async def run() -> None:
        writing = asyncio.create_task(tried.write())
        await asyncio.to_thread(wait_until, lambda: tried._copy)
        tried.stop()
        await writing

    asyncio.run(run())
    assert saved() == ""
