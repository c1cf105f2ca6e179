"""`make rollback`: the plan, the move, CloudFormation's record, and the refusals."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from operate.commands.rollback import COMMAND
from operate.deployed.aliases import LambdaAliases
from operate.errors import OperateError, UsageError
from operate.releases.rollback import Rollback
from operate.releases.rollback_plan import Planner
from operate.releases.shifts import CodeDeployShifts
from tests.operate.commands.rollback_world import API, GO, IMPORTER, RELAY, STACK, World, run
from tests.operate.releases.fakes import (
    STARTED,
    FakeSts,
    Said,
    refused,
)

pytestmark = pytest.mark.usefixtures("without_waiting")


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
