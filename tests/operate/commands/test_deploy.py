"""`make deploy`: refusals before anything changes, the announcement, and the explanation of a failure."""

import json
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from botocore.exceptions import EndpointConnectionError

from functions.shared.interface.names import CORRECTS_RECORD
from operate.cli import main
from operate.commands import deploy as command
from operate.commands.deploy import Deployer, Options
from operate.errors import OperateError, UsageError
from operate.releases.cdk_cli import CdkCli
from operate.target import CHECKOUT
from tests.operate.releases.fakes import (
    FakeCdk,
    FakeEvents,
    FakeLambda,
    FakeStacks,
    Said,
    refused,
    target_of,
    write_assembly,
)

STACKS = ("platform-dev-events", "platform-dev-users")
WORKFLOW = {
    "GITHUB_ACTOR": "ada",
    "GITHUB_REF_NAME": "main",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/platform",
    "GITHUB_RUN_ID": "42",
}


class Run:
    """One run of the command, with everything that it touched."""

    def __init__(
        self, cdk: FakeCdk | None = None, *, bus: FakeEvents | None = None, answers: str | None = None
    ) -> None:
        self.cdk, self.bus, self.said = cdk or FakeCdk(*STACKS), bus or FakeEvents(), Said()
        self.questions: list[str] = []
        self._answers = answers

        self.aws_lambda, self.stacks = FakeLambda(), FakeStacks({}, FakeLambda())

    def deploy(self, variables: dict[str, str] | None = None, **options: Any) -> bool:
        def ask(question: str) -> str:
            self.questions.append(question)
            return self._answers or ""

        target = target_of("dev", events=self.bus, cloudformation=self.stacks, **{"lambda": self.aws_lambda})
        deployer = Deployer(
            target=target,
            cdk=cast("CdkCli", self.cdk),
            ask=None if self._answers is None else ask,
            progress=self.said,
            variables=variables or {},
        )
        return deployer.deploy(Options(**options))

    @property
    def data(self) -> dict[str, Any]:
        (envelope,) = self.bus.envelopes
        found: dict[str, Any] = envelope["data"]
        return found


@pytest.fixture(autouse=True)
def _assembly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthesize into a folder of the test, not over the checkout's assembly."""
    monkeypatch.setattr(command, "_ASSEMBLY", tmp_path / "cdk.out")


def test_a_deployment_is_announced_in_the_envelope_before_the_cdk_starts() -> None:
    run = Run(FakeCdk(*STACKS, deploys=False))

    assert not run.deploy(WORKFLOW, approved_by="grace", reason="the weekly release")

    (entry,), (envelope,) = run.bus.entries, run.bus.envelopes
    assert (entry["EventBusName"], entry["Source"]) == ("platform-dev", "operations")
    assert entry["DetailType"] == envelope["type"] == "DeploymentRequested.v1"
    schema = json.loads((CHECKOUT / "events/envelope.schema.json").read_text())
    jsonschema.validate(envelope, schema, format_checker=jsonschema.FormatChecker())
    assert run.data["stacks"] == list(STACKS)
    assert set(run.data["artefacts"]) == set(STACKS)
    assert all(len(digest) == 64 for digest in run.data["artefacts"].values())
    assert run.data["services"] == ["users"]
    assert (run.data["requested_by"], run.data["approved_by"]) == ("ada", "grace")
    assert run.data["workflow_run"] == "https://github.com/acme/platform/actions/runs/42"
    assert (run.data["branch"], run.data["reason"]) == ("main", "the weekly release")
    assert len(run.data["commit"]) == 40
    assert run.data["committed_at"].endswith("Z")
    assert "rollback_of" not in run.data


def test_an_alias_that_was_moved_by_hand_is_recorded_before_the_cdk_deploys() -> None:
    run = Run()
    api = "platform-dev-users-api"
    run.aws_lambda = FakeLambda(**{api: ("41", {})})
    run.stacks = FakeStacks({"platform-dev-users": {api: "42"}}, run.aws_lambda)
    deploy, seen = run.cdk.deploy, []

    def deploys(assembly: Path) -> bool:
        seen.append(run.stacks.recorded["platform-dev-users"][api])
        return deploy(assembly)

    run.cdk.deploy = deploys  # type: ignore[method-assign]

    assert run.deploy()
    assert seen == ["41"]
    assert "CloudFormation recorded version 42, the alias has 41" in run.said.text
    (correction,) = run.stacks.updates
    assert correction["ClientRequestToken"].startswith(CORRECTS_RECORD), "the records would count a release more"


def test_an_interruption_says_that_aws_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()

    def interrupted(_: Path) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.cdk, "deploy", interrupted)

    with pytest.raises(KeyboardInterrupt):
        run.deploy()
    assert "CloudFormation and CodeDeploy go on" in run.said.text
    assert "make rollback service=… environment=dev" in run.said.text


def test_each_run_has_an_id_of_its_own_and_a_laptop_names_its_session() -> None:
    first, second = Run(), Run()
    first.deploy()
    second.deploy()

    assert first.data["request_id"] != second.data["request_id"]
    assert first.data["requested_by"] == "arn:aws:sts::111111111111:assumed-role/Deployer/ada"
    assert "workflow_run" not in first.data


@pytest.mark.parametrize(
    "error", ["InternalFailure", refused("AccessDenied"), EndpointConnectionError(endpoint_url="https://events")]
)
def test_a_bus_that_cannot_be_reached_warns_and_does_not_stop_the_deployment(error: str | Exception) -> None:
    run = Run(bus=FakeEvents(error))

    assert run.deploy()

    assert run.cdk.deployed
    assert "⚠ The deployment is not announced" in run.said.text


@pytest.mark.parametrize("longest", [255, 256, 5_000])
def test_names_of_any_length_fit_the_contract_of_the_event(longest: int) -> None:
    run = Run()

    assert run.deploy({**WORKFLOW, "GITHUB_ACTOR": "a" * longest}, approved_by="b" * longest, reason="c" * longest)

    contract = json.loads((CHECKOUT / "events/operations/DeploymentRequested.v1.schema.json").read_text())
    jsonschema.validate(run.data, contract["properties"]["data"])
    assert {len(run.data["requested_by"]), len(run.data["approved_by"])} == {255}
    assert run.data["approved_by"].endswith("b" if longest == 255 else "…")


def test_an_event_that_its_contract_refuses_is_not_published_and_the_deployment_goes_on() -> None:
    run = Run()

    assert run.deploy(rollback_of="not an id")

    assert run.bus.entries == []
    assert run.cdk.deployed
    assert "the event would not fit its contract: $.rollback_of: 'not an id' does not match" in run.said.text


def test_past_alarms_needs_a_reason() -> None:
    run = Run()

    with pytest.raises(UsageError, match="needs a reason"):
        run.deploy(past_alarms=True, reason="  ")
    assert run.cdk.contexts == []


def test_a_person_at_a_terminal_is_asked_for_the_reason_which_is_recorded() -> None:
    run = Run(answers="it repairs the outage")

    assert run.deploy(past_alarms=True)

    assert run.cdk.contexts == [{"environment": "dev", "past_alarms": "true"}]
    assert (run.data["past_alarms"], run.data["reason"]) == (True, "it repairs the outage")


def test_an_ordinary_deployment_does_not_pass_alarms() -> None:
    run = Run()
    run.deploy()

    assert run.cdk.contexts == [{"environment": "dev"}]
    assert run.data["past_alarms"] is False


def test_broader_rights_need_a_person() -> None:
    refusing, scripted, agreeing = (
        Run(FakeCdk(*STACKS, broadens=True), answers="n"),
        Run(FakeCdk(*STACKS, broadens=True)),
        Run(FakeCdk(*STACKS, broadens=True), answers="y"),
    )

    with pytest.raises(OperateError, match=r"Nothing was deployed\."):
        refusing.deploy()
    with pytest.raises(OperateError, match=r"no terminal to ask\. To agree: yes=1"):
        scripted.deploy()
    assert agreeing.deploy()
    assert refusing.cdk.deployed == scripted.cdk.deployed == []
    assert refusing.bus.entries == []
    assert scripted.deploy(approved=True)


def test_a_failed_synthesis_deploys_and_announces_nothing() -> None:
    run = Run(FakeCdk(*STACKS, synthesizes=False))

    with pytest.raises(OperateError, match="could not synthesize"):
        run.deploy()
    assert run.bus.entries == []
    assert run.cdk.deployed == []


def test_an_assembly_of_another_environment_is_refused(tmp_path: Path) -> None:
    run = Run()
    other = write_assembly(tmp_path / "prod", "platform-prod-users")

    with pytest.raises(OperateError, match="not of dev: platform-prod-users"):
        run.deploy(assembly=other)
    assert run.cdk.deployed == []


def test_an_assembly_that_exists_is_deployed_without_another_synthesis(tmp_path: Path) -> None:
    run = Run()
    built = write_assembly(tmp_path / "dev", *STACKS)

    assert run.deploy(assembly=built)

    assert run.cdk.deployed == [built]
    assert run.cdk.contexts == []


def test_a_failure_that_cloudformation_does_not_know_points_to_the_words_of_the_cdk() -> None:
    run = Run(FakeCdk(*STACKS, deploys=False))

    assert not run.deploy()

    assert "The deployment failed in account 111111111111" in run.said.text
    assert "the CDK's own message is above" in run.said.text


def test_the_laptop_and_past_alarms_of_an_assembly_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["deploy", "--environment", "local"]) == 1
    assert main(["deploy", "--environment", "dev", "--assembly", str(tmp_path), "--past-alarms"]) == 2

    assert "run: make up" in capsys.readouterr().err
