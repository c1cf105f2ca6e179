"""`make rollback`: the plan, the move, CloudFormation's record, and the refusals."""

import argparse
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from operate.command import Command
from operate.commands.rollback import COMMAND
from operate.deployed.aliases import LambdaAliases
from operate.errors import OperateError, UsageError
from operate.releases.rollback import Rollback
from operate.releases.rollback_plan import Planner
from operate.releases.shifts import CodeDeployShifts
from operate.target import Target
from tests.operate.releases.fakes import (
    STARTED,
    FakeCodeDeploy,
    FakeEvents,
    FakeLambda,
    FakeStacks,
    FakeSts,
    Said,
    refused,
    target_of,
)

STACK = "platform-prod-users"
API, RELAY, IMPORTER = f"{STACK}-api", f"{STACK}-relay", f"{STACK}-importer"


class World:
    """The service users after a release that changed the api and the relay, and left the importer alone."""

    def __init__(self) -> None:
        self.aws_lambda = FakeLambda(**{API: ("42", {}), RELAY: ("8", {}), IMPORTER: ("3", {})})
        self.codedeploy = FakeCodeDeploy(self.aws_lambda)
        self.stacks = FakeStacks({STACK: {API: "42", RELAY: "8", IMPORTER: "3"}}, self.aws_lambda)
        self.bus = FakeEvents()
        day = timedelta(days=1)
        self.codedeploy.add(API, "40", "41", STARTED - 3 * day)
        self.codedeploy.add(IMPORTER, "2", "3", STARTED - 3 * day)
        self.codedeploy.add(RELAY, "6", "7", STARTED - 3 * day)
        self.codedeploy.add(API, "41", "42", STARTED)
        self.codedeploy.add(RELAY, "7", "8", STARTED + timedelta(minutes=2))

    @property
    def target(self) -> Target:
        clients = {"lambda": self.aws_lambda, "codedeploy": self.codedeploy, "cloudformation": self.stacks}
        return target_of("prod", events=self.bus, **clients)

    def run(self, *options: str) -> bool:
        return run(COMMAND, self.target, "--service", "users", *options)

    @property
    def versions(self) -> dict[str, str]:
        return {name.removeprefix(f"{STACK}-"): version for name, (version, _) in self.aws_lambda.aliases.items()}


def run(command: Command, target: Target, *options: str) -> bool:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(options), target)


GO = ("--yes", "--reason", "every seventh request fails")


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operate.releases.rollback._PERIOD_S", 0)
    monkeypatch.setattr("sys.stdin", io.StringIO())


def test_the_last_release_goes_back_and_older_functions_stay() -> None:
    world = World()

    assert world.run(*GO)

    assert world.versions == {"api": "41", "relay": "7", "importer": "3"}
    assert world.aws_lambda.moved == [(API, "41"), (RELAY, "7")]


def test_cloudformation_records_it_so_that_the_next_deployment_works() -> None:
    world = World()

    world.run(*GO)

    assert world.stacks.recorded == {STACK: {API: "41", RELAY: "7", IMPORTER: "3"}}
    # Its events are all that the records of deployments know of this rollback.
    (update,) = world.stacks.updates
    assert "ClientRequestToken" not in update


def test_a_stack_that_cloudformation_has_given_up_on_needs_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.stacks.status = "UPDATE_ROLLBACK_FAILED"

    assert not world.run(*GO)

    assert world.versions["api"] == "41"
    assert f"continue-update-rollback --stack-name {STACK} --region" in capsys.readouterr().err


def test_a_rollback_is_told_although_aws_does_not_say_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: FakeSts) -> None:
        raise refused("ExpiredToken", "GetCallerIdentity")

    monkeypatch.setattr(FakeSts, "get_caller_identity", away)
    world = World()

    assert world.run(*GO)

    assert world.bus.envelopes[0]["data"]["requested_by"] == "unknown"
    assert world.stacks.recorded == {STACK: {API: "41", RELAY: "7", IMPORTER: "3"}}


def test_a_second_rollback_goes_back_one_more_release() -> None:
    world = World()
    world.run(*GO)

    world.run(*GO, "--function", "api")

    assert world.versions["api"] == "40"


def test_the_platform_is_told_with_the_reason_and_the_shift_that_was_taken_back() -> None:
    world = World()

    world.run(*GO)

    (envelope,) = world.bus.envelopes
    data = envelope["data"]
    assert (data["reason"], data["services"], data["stacks"]) == ("every seventh request fails", ["users"], [STACK])
    assert data["rollback_of"] == "users@42"
    assert data["artefacts"] == {}


def test_the_platform_is_told_who_approved_it() -> None:
    approved, unknown = World(), World()

    approved.run(*GO, "--approved-by", "grace,barbara")
    unknown.run(*GO)

    assert approved.bus.envelopes[0]["data"]["approved_by"] == "grace,barbara"
    assert "approved_by" not in unknown.bus.envelopes[0]["data"]


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


def test_a_version_of_the_api_means_its_release() -> None:
    world = World()
    world.codedeploy.add(API, "42", "43", STARTED + timedelta(days=1))
    world.aws_lambda.set_alias(API, "43")
    world.aws_lambda.published[API].append("43")

    world.run(*GO, "--to", "41")

    assert world.versions == {"api": "41", "relay": "7", "importer": "3"}


def test_a_release_knows_the_versions_that_a_person_had_moved_by_hand() -> None:
    world = World()
    # The relay went back to 6 by hand before the next release, which CodeDeploy saw.
    for name, before, after in ((API, "42", "43"), (RELAY, "6", "9")):
        world.codedeploy.add(name, before, after, STARTED + timedelta(days=1))
        world.aws_lambda.set_alias(name, after)
        world.aws_lambda.published[name].append(after)

    world.run(*GO, "--to", "42")

    assert (world.versions["api"], world.versions["relay"]) == ("42", "6")


def test_a_version_of_one_function_is_that_function_alone() -> None:
    world = World()

    world.run(*GO, "--function", "relay", "--to", "5")

    assert world.versions == {"api": "42", "relay": "5", "importer": "3"}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (("--to", "12"), UsageError, r"no release in which api had version 12.*Now: api 42, relay 8"),
        (("--function", "api", "--to", "99"), OperateError, r"has no version 99\. It has: 33, .*42\."),
        (("--to", "latest"), UsageError, "expected the number of a version"),
        (("--function", "door"), UsageError, "users has no function 'door'"),
    ],
)
def test_a_version_that_cannot_be_meant_is_refused(options: tuple[str, ...], error: type, message: str) -> None:
    world = World()

    with pytest.raises(error, match=message):
        world.run(*GO, *options)
    assert world.aws_lambda.moved == []


def test_a_version_without_a_snapshot_is_refused() -> None:
    world = World()
    world.aws_lambda.states[API, "41"] = "Inactive"

    with pytest.raises(OperateError, match="Version 41 of platform-prod-users-api is Inactive"):
        world.run(*GO)


def test_an_alias_that_changed_since_the_plan_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    aliases = LambdaAliases(world.aws_lambda)
    shifts = CodeDeployShifts(world.codedeploy, STACK)
    moves = Planner(aliases, shifts, {"api": API, "relay": RELAY}, anchor="api").plan(function=None, to=None)
    world.aws_lambda.set_alias(API, "43")

    outcomes = Rollback(aliases=aliases, shifts=shifts, progress=Said()).run(moves)

    assert [outcome.result for outcome in outcomes] == ["failed", "moved"]
    assert "changed after the plan" in outcomes[0].detail
    assert world.versions["api"] == "43"


@pytest.mark.parametrize("options", [("--dry-run",), ("--dry-run", "--json")])
def test_a_dry_run_prints_the_plan_and_changes_nothing(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()

    assert world.run(*options)

    out = capsys.readouterr().out
    assert world.aws_lambda.moved == []
    assert world.bus.entries == []
    if "--json" in options:
        rows = [json.loads(line) for line in out.splitlines()]
        assert {row["function"]: row["to"] for row in rows if row["to"]} == {API: "41", RELAY: "7"}
    else:
        assert f"{API}" in out
        assert "→ 41" in out
        assert "is not part of the last release" in out


def test_the_result_is_json_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()

    world.run(*GO, "--json")

    rows = {row["function"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (rows[API]["before"], rows[API]["after"], rows[API]["result"]) == ("42", "41", "moved")
    assert rows[IMPORTER]["result"] == "left"


@pytest.mark.parametrize(("options", "message"), [((), "needs a reason"), (("--reason", "r"), "no terminal to ask")])
def test_a_script_gives_a_reason_and_agrees(options: tuple[str, ...], message: str) -> None:
    world = World()

    with pytest.raises(OperateError, match=message):
        world.run(*options)
    assert world.aws_lambda.moved == []


def test_a_person_can_decline(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    answers: Callable[[str], Any] = {"Why": "it fails", "Tak": "n"}.__getitem__
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answers(question[:3]))

    with pytest.raises(OperateError, match="Nothing was changed"):
        world.run()
    assert world.aws_lambda.moved == []


def test_an_environment_without_canaries_goes_back_by_the_numbers_of_versions() -> None:
    world = World()
    target = world.target
    target.environment = target.environment.model_copy(update={"canary": None})

    run(COMMAND, target, "--service", "users", *GO, "--function", "api")

    assert world.versions["api"] == "41"


def test_a_service_that_is_not_deployed_is_refused() -> None:
    with pytest.raises(OperateError, match="Not deployed: platform-prod-activity-"):
        run(COMMAND, World().target, "--service", "activity", *GO)


def test_credentials_of_another_account_take_nothing_back() -> None:
    world = World()
    target = world.target
    target.environment = target.environment.model_copy(update={"account": "222222222222"})

    with pytest.raises(OperateError, match="prod is in account 222222222222"):
        run(COMMAND, target, "--service", "users", *GO)

    assert world.aws_lambda.moved == []
    assert world.bus.entries == []
