"""Releases that a crash or a stop of the embedded AWS interrupted."""

import asyncio
import copy

from ministack import app
from ministack.services import cloudformation, lambda_svc, ssm

from local.embedded_aws.codedeploy import deployments, records
from tests.local.embedded_aws.codedeploy.stacks_with_releases import (
    FUNCTIONS,
    STACK,
    alias,
    ask_for_release,
    deploy,
    run,
    settled,
    status_of_stack,
    template,
)

OLD, NEW = dict.fromkeys(FUNCTIONS, "Old"), dict.fromkeys(FUNCTIONS, "New")


async def interrupt() -> None:
    """Take the state in mid-canary, as a checkpoint or a stop does, and start again from it."""
    await deploy("CreateStack", template(OLD))
    ask_for_release(minute_s=60)
    update = asyncio.get_running_loop().create_task(deploy("UpdateStack", template(NEW)), name="update")
    await settled(lambda: all("RoutingConfig" in alias(name) for name in FUNCTIONS))
    kept = [(store, copy.deepcopy(store._data)) for store in _STORES]
    deployments.halt()
    update.cancel()
    await settled(lambda: not any(task.get_name() == "update" for task in asyncio.all_tasks()))
    for store, data in kept:
        store._data.clear()
        store._data.update(data)
    app._load_persisted_state()
    await settled(lambda: "IN_PROGRESS" not in status_of_stack())


_STORES = (cloudformation._stacks, lambda_svc._functions, records.deployments, records.groups, ssm._parameters)


def test_a_start_after_an_interrupted_release_gives_the_old_version_all_traffic() -> None:
    async def test() -> None:
        await interrupt()

        assert [(alias(name)["FunctionVersion"], alias(name).get("RoutingConfig")) for name in FUNCTIONS] == [
            ("1", None),
            ("1", None),
        ]
        assert {each["status"] for each in records.deployments.values()} == {"Stopped"}

    run(test)


def test_the_stack_is_rolled_back_and_can_be_deployed_again() -> None:
    async def test() -> None:
        await interrupt()

        assert status_of_stack() == "UPDATE_ROLLBACK_COMPLETE"
        stack = cloudformation._stacks[STACK]
        assert {stack["_resources"][f"{name}Alias"]["Properties"]["FunctionVersion"] for name in FUNCTIONS} == {"1"}
        assert stack["_template"]["Resources"].keys() >= {"apiVersionOld"}
        # The request for a canary is gone, so the next deployment moves at once.
        assert await deploy("UpdateStack", template(dict.fromkeys(FUNCTIONS, "Fix"))) == "UPDATE_COMPLETE"
        assert [alias(name)["FunctionVersion"] for name in FUNCTIONS] == ["3", "3"]

    run(test)


def test_an_update_that_ended_leaves_no_record_of_an_interruption() -> None:
    async def test() -> None:
        await deploy("CreateStack", template(OLD))
        await deploy("UpdateStack", template(NEW))

        assert "_interrupted" not in cloudformation._stacks[STACK]

    run(test)
