"""`make prune`: the versions that stay, the dry run, and runs that are interrupted or repeated."""

import argparse
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from operate.commands.prune import COMMAND
from operate.errors import OperateError
from tests.operate.releases.fakes import BEFORE, STARTED, FakeCodeDeploy, FakeLambda, FakeStacks, refused, target_of

STACK = "platform-prod-users"
API, RELAY = f"{STACK}-api", f"{STACK}-relay"


class World:
    """The service users with ten versions of the api and two of the relay."""

    def __init__(self) -> None:
        self.aws_lambda = FakeLambda(**{API: ("10", {}), RELAY: ("2", {})})
        self.stacks = FakeStacks({STACK: {API: "10", RELAY: "2"}}, self.aws_lambda)
        self.codedeploy = FakeCodeDeploy(self.aws_lambda)

    def run(self, *options: str, account: str | None = None) -> bool:
        clients = {"lambda": self.aws_lambda, "cloudformation": self.stacks, "codedeploy": self.codedeploy}
        parser = argparse.ArgumentParser()
        COMMAND.add_arguments(parser)
        target = target_of("prod", **clients)
        target.environment = target.environment.model_copy(update={"account": account})
        return COMMAND.run(parser.parse_args(options), target)

    @property
    def kept(self) -> list[str]:
        return self.aws_lambda.published[API]


@pytest.fixture(autouse=True)
def _without_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())


def test_the_newest_versions_stay() -> None:
    world = World()

    assert world.run("--keep", "3", "--yes")

    assert world.kept == ["8", "9", "10"]
    assert world.aws_lambda.published[RELAY] == ["1", "2"]


def test_a_second_run_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.run("--yes")
    deleted = list(world.aws_lambda.deleted)

    assert world.run()

    assert world.aws_lambda.deleted == deleted
    assert "No version is old enough to go." in capsys.readouterr().out


def test_the_version_that_serves_stays_after_a_rollback_to_an_old_one() -> None:
    world = World()
    world.aws_lambda.set_alias(API, "2")

    world.run("--keep", "1", "--yes")

    assert world.kept == ["2", "10"]


def test_a_version_with_a_weight_stays() -> None:
    world = World()
    world.aws_lambda.set_alias(API, "10", {"4": 0.1})

    world.run("--keep", "1", "--yes")

    assert world.kept == ["4", "10"]


def test_a_version_that_is_a_resource_of_the_stack_stays() -> None:
    world = World()
    world.stacks.resources[STACK][API] = "5"

    world.run("--keep", "1", "--yes")

    assert world.kept == ["5", "10"]


def test_a_version_that_only_the_record_of_an_alias_names_stays() -> None:
    world = World()
    world.stacks.recorded[STACK][API] = "4"
    world.stacks.resources[STACK][API] = "5"

    world.run("--keep", "1", "--yes")

    assert world.kept == ["4", "5", "10"]


def test_both_versions_of_a_running_deployment_stay() -> None:
    world = World()
    world.codedeploy.add(API, "3", "6", STARTED, status="InProgress")

    world.run("--keep", "1", "--yes")

    assert world.kept == ["3", "6", "10"]


def test_the_version_to_go_back_to_stays_if_canaries_have_rejected_newer_ones() -> None:
    world = World()
    world.codedeploy.add(API, "2", "5", BEFORE)
    world.codedeploy.add(API, "5", "7", STARTED)
    for rejected in ("8", "9", "10"):
        world.codedeploy.add(API, "7", rejected, STARTED, status="Stopped")
        world.codedeploy.add(API, rejected, "7", STARTED, creator="codeDeployRollback")
    world.aws_lambda.set_alias(API, "7")

    world.run("--keep", "1", "--yes")

    assert world.kept == ["5", "7", "10"]


def test_as_many_versions_that_served_stay_as_of_the_newest() -> None:
    world = World()
    for day, (before, after) in enumerate((("1", "3"), ("3", "5"), ("5", "7"))):
        world.codedeploy.add(API, before, after, STARTED + timedelta(days=day))
    world.aws_lambda.set_alias(API, "7")

    world.run("--keep", "3", "--yes")

    assert world.kept == ["3", "5", "7", "8", "9", "10"]


def test_a_dry_run_lists_sizes_and_deletes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()

    assert world.run("--dry-run")

    shown = capsys.readouterr()
    assert f"{API}: 1 … 7 (7 versions)  66.8 MB" in shown.out
    assert "66.8 MB can be freed. The account's functions take 1.00 of 75 GB." in shown.err
    assert world.aws_lambda.deleted == []


def test_a_dry_run_is_json_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    World().run("--dry-run", "--json")

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["version"] for row in rows] == ["1", "2", "3", "4", "5", "6", "7"]
    assert {row["size_bytes"] for row in rows} == {10**7}


def test_a_script_must_agree() -> None:
    world = World()

    with pytest.raises(OperateError, match="no terminal to ask"):
        world.run()
    assert world.aws_lambda.deleted == []


def test_credentials_of_another_account_delete_nothing() -> None:
    world = World()

    with pytest.raises(OperateError, match="prod is in account 222222222222"):
        world.run("--yes", account="222222222222")
    assert world.aws_lambda.deleted == []


def test_a_version_that_lambda_keeps_is_told_and_the_others_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    delete = world.aws_lambda.delete_function

    def refuse_one(**given: Any) -> None:
        if given["Qualifier"] == "4":
            raise refused("ResourceConflictException", "DeleteFunction")
        delete(**given)

    monkeypatch.setattr(world.aws_lambda, "delete_function", refuse_one)

    assert not world.run("--yes")

    assert world.kept == ["4", "8", "9", "10"]
    assert f"✘ {API}:4 stays" in capsys.readouterr().err


def test_an_interruption_says_what_is_gone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    delete = world.aws_lambda.delete_function

    def interrupted(**given: Any) -> None:
        if given["Qualifier"] == "3":
            raise KeyboardInterrupt
        delete(**given)

    monkeypatch.setattr(world.aws_lambda, "delete_function", interrupted)

    with pytest.raises(KeyboardInterrupt):
        world.run("--yes")
    assert "Deleted 2 versions, which frees 19.1 MB." in capsys.readouterr().err


@pytest.mark.parametrize("keep", ["0", "-1", "three"])
def test_at_least_one_version_is_kept(keep: str) -> None:
    with pytest.raises(SystemExit):
        World().run("--keep", keep)
