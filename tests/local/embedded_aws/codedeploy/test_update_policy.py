"""Stacks with aliases that CodeDeploy moves: at once, as a canary, and back."""

import asyncio
from typing import Any

from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import provisioners

from local.embedded_aws.codedeploy import records
from tests.local.embedded_aws.codedeploy.releases import ask, make_alarm, make_hook
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


def versions() -> dict[str, tuple[str, bool]]:
    """Return the first version of each alias, and whether it has weights."""
    return {name: (alias(name)["FunctionVersion"], "RoutingConfig" in alias(name)) for name in FUNCTIONS}


def test_an_update_without_a_request_for_a_canary_moves_at_once() -> None:
    async def test() -> None:
        assert await deploy("CreateStack", template(OLD)) == "CREATE_COMPLETE"
        assert versions() == dict.fromkeys(FUNCTIONS, ("1", False))

        assert await deploy("UpdateStack", template(NEW)) == "UPDATE_COMPLETE"

        assert versions() == dict.fromkeys(FUNCTIONS, ("2", False))
        assert not list(records.deployments.values())

    run(test)


def test_the_aliases_of_a_stack_are_canaries_at_the_same_time() -> None:
    async def test() -> None:
        await deploy("CreateStack", template(OLD))
        ask_for_release(minute_s=0.5)

        assert await deploy("UpdateStack", template(NEW)) == "UPDATE_COMPLETE"

        assert versions() == dict.fromkeys(FUNCTIONS, ("2", False))
        made = list(records.deployments.values())
        assert {each["deploymentGroupName"] for each in made} == {"users-api", "users-relay"}
        assert {(each["status"], each["creator"]) for each in made} == {("Succeeded", "CloudFormation")}
        assert max(each["startTime"] for each in made) < min(each["completeTime"] for each in made)

    run(test)


def test_only_the_changed_function_is_a_canary() -> None:
    async def test() -> None:
        await deploy("CreateStack", template(OLD))
        ask_for_release(minute_s=0.1)

        assert await deploy("UpdateStack", template({**OLD, "api": "New"})) == "UPDATE_COMPLETE"

        assert [each["deploymentGroupName"] for each in records.deployments.values()] == ["users-api"]
        assert versions() == {"api": ("2", False), "relay": ("1", False)}

    run(test)


def test_an_alarm_takes_every_alias_and_the_stack_back() -> None:
    async def test() -> None:
        alarm = make_alarm("errors")
        await deploy("CreateStack", template(OLD, alarms=("errors",)))
        ask_for_release(minute_s=60)
        _notify_when_canary(alarm)

        assert await deploy("UpdateStack", template(NEW, alarms=("errors",))) == "UPDATE_ROLLBACK_COMPLETE"

        assert versions() == dict.fromkeys(FUNCTIONS, ("1", False))
        resources = cloudformation._stacks[STACK]["_resources"]
        assert {resources[f"{name}Alias"]["Properties"]["FunctionVersion"] for name in FUNCTIONS} == {"1"}
        assert any("ALARM_ACTIVE" in (each["errorInformation"]["code"]) for each in _ended_badly())
        assert status_of_stack() == "UPDATE_ROLLBACK_COMPLETE"

        alarm["StateValue"] = "OK"
        ask_for_release(minute_s=0.1)
        assert await deploy("UpdateStack", template(dict.fromkeys(FUNCTIONS, "Fix"))) == "UPDATE_COMPLETE"
        assert versions() == dict.fromkeys(FUNCTIONS, ("3", False))

    run(test)


def _notify_when_canary(alarm: dict[str, str]) -> None:
    async def fire() -> None:
        await settled(lambda: all(has_weights for _, has_weights in versions().values()))
        alarm["StateValue"] = "ALARM"

    asyncio.get_running_loop().create_task(fire())


def _ended_badly() -> list[dict[str, dict[str, str]]]:
    return [each for each in records.deployments.values() if "errorInformation" in each]


def test_a_hook_that_refuses_one_function_takes_the_stack_back_before_any_traffic() -> None:
    async def test() -> None:
        events = make_hook()
        await deploy("CreateStack", template(OLD, hook="checks"))
        ask_for_release(minute_s=60)
        update = asyncio.get_running_loop().create_task(deploy("UpdateStack", template(NEW, hook="checks")))
        await settled(lambda: len(events) == 2)
        assert versions() == dict.fromkeys(FUNCTIONS, ("1", False))
        event = events[0]
        await asyncio.to_thread(
            ask,
            "PutLifecycleEventHookExecutionStatus",
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status="Failed",
        )

        assert await update == "UPDATE_ROLLBACK_COMPLETE"
        assert versions() == dict.fromkeys(FUNCTIONS, ("1", False))

    run(test)


async def _roll_back_by_hand_while_versions_are_published(*, and_cancel: bool) -> None:
    """Move the alias of the api from 2 to 1 after each version of a third release, as `make rollback` does."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Version"]
    publish = handlers["create"]

    def publish_while_a_person_rolls_back(*arguments: Any) -> Any:
        published = publish(*arguments)
        if and_cancel:
            cloudformation._ACTION_HANDLERS["CancelUpdateStack"]({"StackName": [STACK]})
        lambda_svc._update_alias("users-api", "live", {"FunctionVersion": "1"})
        return published

    await deploy("CreateStack", template(OLD))
    await deploy("UpdateStack", template(NEW))
    ask_for_release(minute_s=0.1)
    handlers["create"] = publish_while_a_person_rolls_back
    assert await deploy("UpdateStack", template(dict.fromkeys(FUNCTIONS, "Fix"))) == "UPDATE_ROLLBACK_COMPLETE"


def test_an_alias_that_a_person_moves_before_its_shift_is_set_back_to_the_record() -> None:
    async def test() -> None:
        await _roll_back_by_hand_while_versions_are_published(and_cancel=False)

        assert any(each["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION" for each in _ended_badly())
        assert versions() == dict.fromkeys(FUNCTIONS, ("2", False))

    run(test)


def test_an_alias_that_a_person_moves_stays_there_if_the_update_is_cancelled() -> None:
    async def test() -> None:
        await _roll_back_by_hand_while_versions_are_published(and_cancel=True)

        assert not list(records.deployments.values())
        assert versions() == {"api": ("1", False), "relay": ("2", False)}

    run(test)
