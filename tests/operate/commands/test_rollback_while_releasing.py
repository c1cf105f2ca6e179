"""`make rollback` while a release shifts traffic, bakes, or publishes its versions."""

from datetime import timedelta
from typing import Any

import pytest

from operate.deployed.aliases import LambdaAliases
from operate.releases.rollback import Rollback
from operate.releases.rollback_plan import Planner
from operate.releases.shifts import CodeDeployShifts
from tests.operate.commands.rollback_world import API, GO, RELAY, STACK, World
from tests.operate.releases.fakes import (
    STARTED,
    FakeStacks,
    Said,
    refused,
)

pytestmark = pytest.mark.usefixtures("without_waiting")


def test_a_canary_is_stopped_and_codedeploy_takes_it_back() -> None:
    world = World()
    running = world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1), status="InProgress")
    world.aws_lambda.set_alias(API, "42", {"43": 0.1})
    world.stacks.status = "UPDATE_IN_PROGRESS"

    assert world.run(*GO)

    assert world.codedeploy.stopped == [running]
    assert world.bus.envelopes[0]["data"]["rollback_of"] == "users@43"
    assert world.aws_lambda.aliases[API] == ("42", {})
    assert world.aws_lambda.moved == []
    assert world.stacks.updates == []
    assert world.versions["relay"] == "8"


def test_a_version_that_bakes_with_all_traffic_is_taken_back() -> None:
    world = World()
    running = world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1), status="InProgress")
    world.aws_lambda.set_alias(API, "43")
    world.stacks.status = "UPDATE_IN_PROGRESS"

    assert world.run(*GO)

    assert world.codedeploy.stopped == [running]
    assert world.aws_lambda.aliases[API] == ("42", {})
    assert world.aws_lambda.moved == []


@pytest.mark.parametrize("creator", ["codeDeployRollback", "CloudFormationRollback"])
def test_a_version_that_a_canary_rejected_is_never_gone_back_to(creator: str) -> None:
    world = World()
    world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1), status="Stopped")
    world.codedeploy.add(API, "43", "42", STARTED + timedelta(days=1, minutes=3), creator=creator)
    world.aws_lambda.published[API].append("43")

    assert world.run(*GO)

    assert world.versions == {"api": "41", "relay": "7", "importer": "3"}


def test_a_canary_that_aws_takes_back_already_is_waited_for() -> None:
    world = World()
    back = world.codedeploy.add(API, "43", "42", STARTED, status="InProgress", creator="codeDeployRollback")
    world.codedeploy.deployments[back]["polls"] = 2
    world.aws_lambda.set_alias(API, "42", {"43": 0.1})

    assert world.run(*GO)

    assert world.codedeploy.stopped == []
    assert world.aws_lambda.aliases[API] == ("42", {})
    assert world.aws_lambda.moved == []
    assert world.bus.envelopes[0]["data"]["rollback_of"] == "users@43"


def test_a_shift_that_cannot_be_stopped_does_not_keep_the_others_from_going_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    refusing = world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1), status="InProgress")
    other = world.codedeploy.add(RELAY, "8", "9", STARTED + timedelta(days=1), status="InProgress")
    stop = world.codedeploy.stop_deployment

    def throttled(**given: Any) -> None:
        if given["deploymentId"] == refusing:
            raise refused("ThrottlingException", "StopDeployment")
        stop(**given)

    monkeypatch.setattr(world.codedeploy, "stop_deployment", throttled)
    monkeypatch.setattr("operate.releases.rollback._LONGEST_STOP_S", 0)

    world.run(*GO)

    assert world.codedeploy.stopped == [other]
    assert f"CodeDeploy does not stop {refusing}" in capsys.readouterr().err


def test_functions_that_have_shifted_already_are_left_to_cloudformation(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.codedeploy.add(API, "42", "43", STARTED + timedelta(minutes=3), status="InProgress")
    world.aws_lambda.set_alias(API, "42", {"43": 0.1})

    world.run(*GO)

    assert (RELAY, "7") not in world.aws_lambda.moved
    assert f"{RELAY}: CloudFormation takes it back with its stack" in capsys.readouterr().out


def at_work(world: World, status: str = "UPDATE_IN_PROGRESS") -> World:
    """Let CloudFormation publish a version of the api, a day after the release that serves."""
    world.stacks.status, world.stacks.at_work = status, {f"Version{API}"}
    world.stacks.updated_at = STARTED + timedelta(days=1)
    return world


@pytest.mark.parametrize("options", [GO, ("--dry-run",)])
def test_a_deployment_that_has_moved_no_alias_yet_is_named_and_cancelled(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    world = at_work(World())

    assert world.run(*options)

    warning, *_ = [line for line in capsys.readouterr().err.splitlines() if "⚠" in line]
    assert f"CloudFormation is at work on {STACK} (UPDATE_IN_PROGRESS: Version{API})" in warning
    assert "cancels that deployment, which then fails" in warning
    if "--dry-run" in options:
        assert (world.aws_lambda.moved, world.stacks.cancelled) == ([], [])
    else:
        assert (world.aws_lambda.moved, world.stacks.cancelled) == ([(API, "41"), (RELAY, "7")], [STACK])


def test_what_has_shifted_in_a_cancelled_deployment_is_left_to_cloudformation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = at_work(World())
    world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1, minutes=5))
    world.aws_lambda.set_alias(API, "43")

    assert world.run(*GO)

    # The relay is no part of that release.
    assert (world.aws_lambda.moved, world.stacks.cancelled) == ([], [STACK])
    shown = capsys.readouterr()
    assert f"It takes back itself: {API}." in shown.err
    assert f"{API}: CloudFormation takes it back with its stack" in shown.out


def test_an_update_that_cloudformation_does_not_cancel_keeps_no_alias_from_moving(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(_: FakeStacks, **__: str) -> None:
        raise refused("AccessDenied", "CancelUpdateStack")

    monkeypatch.setattr(FakeStacks, "cancel_update_stack", denied)
    world = at_work(World())

    assert world.run(*GO)

    assert world.versions["api"] == "41"
    assert "⚠ CloudFormation does not cancel its deployment" in capsys.readouterr().err


def test_a_cloudformation_that_says_nothing_delays_no_rollback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    describe, calls = world.stacks.describe_stacks, iter([True])

    def throttled_once(**given: str) -> Any:
        if next(calls, False):
            raise refused("Throttling", "DescribeStacks")
        return describe(**given)

    monkeypatch.setattr(world.stacks, "describe_stacks", throttled_once)

    assert world.run(*GO)

    assert world.versions["api"] == "41"
    assert "⚠ CloudFormation does not say whether it is at work" in capsys.readouterr().err


def test_a_deployment_that_is_taken_back_already_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    world = at_work(World(), "UPDATE_ROLLBACK_IN_PROGRESS")

    assert world.run(*GO)

    assert world.stacks.cancelled == []
    assert "repeat the command then" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_a_deployment_that_has_moved_its_aliases_is_not_cancelled(
    status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = at_work(World(), status)

    world.run(*GO)

    assert world.stacks.cancelled == []
    assert "⚠" not in capsys.readouterr().err


def test_a_canary_is_stopped_and_nothing_else_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    world = at_work(World())
    world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1), status="InProgress")
    world.aws_lambda.set_alias(API, "42", {"43": 0.1})

    world.run(*GO)

    assert world.stacks.cancelled == []
    assert "cancels that deployment" not in capsys.readouterr().err


def test_weights_that_no_deployment_owns_are_removed() -> None:
    world = World()
    world.aws_lambda.set_alias(API, "42", {"43": 0.5})

    world.run(*GO, "--function", "api")

    assert world.aws_lambda.aliases[API] == ("42", {})


def test_a_codedeploy_that_does_not_end_is_not_waited_for() -> None:
    world, now = World(), [0.0]
    world.codedeploy.polls = 1000
    world.codedeploy.add(API, "42", "43", STARTED, status="InProgress")
    world.aws_lambda.set_alias(API, "42", {"43": 0.1})
    aliases, shifts = LambdaAliases(world.aws_lambda), CodeDeployShifts(world.codedeploy, STACK)
    moves = Planner(aliases, shifts, {"api": API}, anchor="api").plan(function="api", to=None)

    def sleep(_: float) -> None:
        now[0] += 1

    said = Said()
    Rollback(aliases=aliases, shifts=shifts, progress=said, sleep=sleep, clock=lambda: now[0]).run(moves)

    assert now[0] < 60
    assert world.aws_lambda.aliases[API] == ("42", {})
    assert "moving the aliases now" in said.text
