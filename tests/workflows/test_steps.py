"""Every step of every workflow runs, with stand-ins for the cloud alone; a step without its case fails."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflows.stand_ins import CHECKOUT, Cloud, cloud, copy_checkout

WORKFLOWS = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in CHECKOUT.glob(".github/workflows/*.yml")}
# The values of expressions; an expression that is not here fails its step.
EXPRESSIONS = {
    "vars.AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/platform-dev-deployer",
    "vars[format('AWS_READER_ROLE_ARN_{0}', matrix.environment)]": "arn:aws:iam::111111111111:role/reader",
    "github.token": "token-of-the-workflow",
    "github.event.pull_request.base.sha": "HEAD",
    "github.event.pull_request.number": "7",
    "matrix.environment": "dev",
    "inputs.environment": "dev",
    "inputs.service": "users",
    "inputs.function": "",
    "inputs.version": "",
    "inputs.reason": "every seventh request fails",
}
# They run the tests, among them this one, or need a package index: their targets are only looked up.
LOOKED_UP = {"make test", "make audit"}


@dataclass
class Runner:
    """A runner of GitHub, with a checkout and the stand-ins."""

    checkout: Path
    cloud: Cloud

    def __post_init__(self) -> None:
        self.folder = self.checkout.parent
        self.calls_file = self.folder / "calls"
        self.files = {name: self.folder / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        self.outputs: dict[str, str] = {}

    def run(self, step: dict[str, Any], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step in the shell of GitHub, with the variables that earlier steps have set."""
        for file in (self.calls_file, self.files["GITHUB_OUTPUT"]):
            file.write_text("")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "AWS_", "PLATFORM_"))}
        environment = {
            **kept,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "site"),
            "CALLS": str(self.calls_file),
            "AWS_ENDPOINT_URL": self.cloud.url,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.cloud.url}/oidc?api-version=1",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_RUN_ID": "42",
            "GITHUB_ACTOR": "ada",
            "GITHUB_REF_NAME": "main",
            **{name: str(file) for name, file in self.files.items()},
            **self._set_before(),
            **{name: self._value(str(value)) for name, value in step.get("env", {}).items()},
            **variables,
        }
        command = step["run"]
        if command in LOOKED_UP:
            command = command.replace("make ", "make --dry-run ")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", command],  # noqa: S607 - as GitHub runs it
            cwd=self.checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.outputs |= dict(line.split("=", 1) for line in self.files["GITHUB_OUTPUT"].read_text().splitlines())
        return done

    @property
    def calls(self) -> list[list[str]]:
        """The calls of `cdk` and `gh` in the last step."""
        return [json.loads(line) for line in self.calls_file.read_text().splitlines()]

    def _set_before(self) -> dict[str, str]:
        file = self.files["GITHUB_ENV"]
        return dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}

    def _value(self, text: str) -> str:
        def replaced(found: re.Match[str]) -> str:
            expression = found[1].strip()
            if output := re.fullmatch(r"(?:needs|steps)\.\w+\.outputs\.(\w+)", expression):
                return self.outputs[output[1]]
            return EXPRESSIONS[expression]

        return re.sub(r"\$\{\{(.*?)\}\}", replaced, text)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, which the jobs of these tests share as they do on no runner: copying takes a second."""
    return copy_checkout(tmp_path_factory.mktemp("runner"))


@pytest.fixture
def runner(checkout: Path) -> Iterator[Runner]:
    with cloud() as served:
        made = Runner(checkout, served)
        for file in made.files.values():
            file.unlink(missing_ok=True)
        shutil.rmtree(checkout / "release", ignore_errors=True)
        yield made


def steps(workflow: str, job: str) -> list[dict[str, Any]]:
    return [step for step in WORKFLOWS[workflow]["jobs"][job]["steps"] if "run" in step]


def jobs() -> list[tuple[str, str]]:
    return [(name, job) for name, workflow in sorted(WORKFLOWS.items()) for job in workflow["jobs"]]


def run_job(runner: Runner, workflow: str, job: str, **variables: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Run the steps of a job; yield each command with its calls."""
    for step in steps(workflow, job):
        done = runner.run(step, **variables)
        assert done.returncode == 0, f"{step['run']}:\n{done.stdout}\n{done.stderr}"
        yield step["run"], runner.calls


def build(runner: Runner) -> None:
    for _ in run_job(runner, "deploy", "build"):
        pass


def sign_in(runner: Runner, environment: str) -> None:
    step = next(step for step in steps("deploy", environment) if "credentials" in step["run"])
    assert runner.run(step).returncode == 0


@pytest.mark.slow
def test_the_artefacts_are_built_once_for_both_environments(runner: Runner) -> None:
    calls = [call for _, made in run_job(runner, "deploy", "build") for call in made]

    synthesized = [call[call.index("--context") + 1] for call in calls if call[0] == "cdk"]
    assert synthesized == ["environment=dev", "environment=prod"]
    assert [call[1] for call in calls if call[0] == "docker"] == ["build", "save"] * 2
    assert len(runner.outputs["digest"]) == 64
    release = runner.checkout / "release"
    assert sorted(file.name for file in release.iterdir() if file.is_file()) == [
        *("SHA256SUMS", "dev.tar", "prod.tar", "sbom.json")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_environment_gets_the_artefact_of_the_build_and_nothing_is_synthesized_again(
    runner: Runner, environment: str
) -> None:
    build(runner)

    calls = [call for _, made in run_job(runner, "deploy", environment) for call in made]

    assert not [call for call in calls if "synth" in call]
    assert [call[1] for call in calls if call[0] == "docker"] == ["load"]
    (deployed,) = [call for call in calls if call[:1] == ["cdk"]]
    assert deployed[deployed.index("--app") + 1] == f"release/{environment}"
    (verified,) = [call for call in calls if call[:3] == ["gh", "attestation", "verify"]]
    signer = ("--signer-workflow", "acme/platform/.github/workflows/deploy.yml")
    assert verified[3:] == [f"release/{environment}.tar", "--repo", "acme/platform", *signer]
    (announced,) = runner.cloud.of("PutEvents")
    data = json.loads(announced["Entries"][0]["Detail"])["data"]
    assert (data["approved_by"], data["requested_by"], data["branch"]) == ("grace", "ada", "main")
    assert data["stacks"] == [f"platform-{environment}-users"]
    (session,) = runner.cloud.of("AssumeRoleWithWebIdentity")
    assert session["WebIdentityToken"] == "token-of-the-job"
    assert runner.cloud.of("oidc")[0]["audience"] == ["sts.amazonaws.com"]


@pytest.mark.slow
def test_an_image_that_cannot_be_built_ends_the_build(runner: Runner) -> None:
    step = next(step for step in steps("deploy", "build") if "tools.pipeline.assembly" in step["run"])

    done = runner.run(step, DOCKER_STATUS="1")

    assert done.returncode == 1
    assert "✘ `docker build` failed" in done.stderr


@pytest.mark.slow
def test_an_artefact_that_was_changed_after_the_build_is_not_deployed(runner: Runner) -> None:
    build(runner)
    with (runner.checkout / "release" / "prod.tar").open("ab") as archive:
        archive.write(b"x")

    step = next(step for step in steps("deploy", "prod") if "tools.pipeline.deploy" in step["run"])
    done = runner.run(step)

    assert done.returncode == 1
    assert "is not the one that was built" in done.stderr
    assert runner.calls == []


@pytest.mark.slow
def test_a_whole_list_of_other_artefacts_is_not_deployed_either(runner: Runner) -> None:
    build(runner)
    step = next(step for step in steps("deploy", "prod") if "tools.pipeline.deploy" in step["run"])

    done = runner.run(step, DIGEST="0" * 64)

    assert done.returncode == 1
    assert "Nothing was deployed." in done.stderr


@pytest.mark.slow
def test_an_artefact_without_an_attestation_is_not_deployed(runner: Runner) -> None:
    build(runner)
    step = next(step for step in steps("deploy", "prod") if "tools.pipeline.deploy" in step["run"])

    assert runner.run(step, GH_STATUS="1").returncode == 1
    assert not [call for call in runner.calls if call[0] == "cdk"]


@pytest.mark.slow
def test_a_failed_deployment_fails_its_step_and_says_why(runner: Runner) -> None:
    build(runner)
    _, credentials, step, *_ = steps("deploy", "dev")
    assert runner.run(credentials).returncode == 0

    done = runner.run(step, CDK_STATUS_DEPLOY="1")

    assert done.returncode == 1
    assert "The first cause comes first" in done.stderr
    summary = runner.files["GITHUB_STEP_SUMMARY"].read_text()
    assert "### dev: ✘ the deployment failed, approved by grace" in summary
    assert "The first cause comes first" in summary


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_page_of_the_run_has_the_outcome_and_the_kpis_with_their_counts(runner: Runner, environment: str) -> None:
    build(runner)
    for _ in run_job(runner, "deploy", environment):
        pass

    summary = runner.files["GITHUB_STEP_SUMMARY"].read_text()
    assert f"### {environment}: ✔ deployed, approved by grace" in summary
    assert "Announced as " in summary
    assert re.search(r"Deployment success rate +90.0%   of 10", summary), summary
    assert "without an outcome yet: d-1" in summary


@pytest.mark.slow
def test_kpis_that_cannot_be_read_fail_no_deployment(runner: Runner) -> None:
    sign_in(runner, "prod")
    step = next(step for step in steps("deploy", "prod") if "tools.pipeline.kpis" in step["run"])

    done = runner.run(step, PLATFORM_LACKS="/operations/kpis")

    assert done.returncode == 0
    assert step["if"] == "always()"
    summary = runner.files["GITHUB_STEP_SUMMARY"].read_text()
    assert "The KPIs cannot be read." in summary
    assert "GET /operations/kpis?environment=prod&days=30 failed with 404" in summary


@pytest.mark.slow
def test_an_environment_on_which_a_journey_fails_is_not_followed_by_prod(runner: Runner) -> None:
    sign_in(runner, "dev")
    step = next(step for step in steps("deploy", "dev") if step["run"].startswith("make e2e"))

    right, wrong = runner.run(step), runner.run(step, PLATFORM_LACKS="/files/f")

    assert right.returncode == 0, right.stdout + right.stderr
    assert right.stdout.count("✔") == 2
    assert wrong.returncode != 0
    assert "✔ a user and the history" in wrong.stdout
    assert "✘ a file: GET /files/f failed with 404" in wrong.stdout


@pytest.mark.slow
def test_a_platform_that_does_not_serve_fails_the_smoke_test(runner: Runner) -> None:
    step = next(step for step in steps("deploy", "dev") if step["run"].startswith("make smoke"))

    right, wrong = runner.run(step), runner.run(step, PLATFORM_ANSWERS="200")

    assert right.returncode == 0, right.stdout + right.stderr
    assert wrong.returncode != 0
    assert "✘ GET /users?limit=1: expected 401, found 200" in wrong.stdout


@pytest.mark.slow
def test_the_session_is_hidden_in_the_log(runner: Runner) -> None:
    step = next(step for step in steps("deploy", "dev") if "credentials" in step["run"])

    done = runner.run(step)

    assert "::add-mask::very-secret" in done.stdout
    assert "AWS_SESSION_TOKEN=token-of-the-session" in runner.files["GITHUB_ENV"].read_text()
    assert runner.run(step, ROLE_ARN="").returncode == 1


@pytest.mark.slow
def test_a_rollback_moves_the_aliases_and_tells_the_reason(runner: Runner) -> None:
    for _ in run_job(runner, "rollback", "rollback"):
        pass

    moved = runner.cloud.of("UpdateAlias")
    assert {move["function"] for move in moved} >= {"platform-dev-users-api", "platform-dev-users-relay"}
    assert {move["FunctionVersion"] for move in moved} == {"1"}
    (announced,) = runner.cloud.of("PutEvents")
    data = json.loads(announced["Entries"][0]["Detail"])["data"]
    assert (data["reason"], data["requested_by"]) == ("every seventh request fails", "ada")
    assert data["approved_by"] == "grace", "an approval of another environment is none of this one"


@pytest.mark.slow
def test_a_rollback_does_not_wait_for_an_answer_of_github(runner: Runner) -> None:
    sign_in(runner, "dev")
    step = next(step for step in steps("rollback", "rollback") if "tools.pipeline.rollback" in step["run"])

    done = runner.run(step, GH_STATUS="1")

    assert done.returncode == 0, done.stderr
    assert "⚠ The record will not name who approved this" in done.stderr
    assert runner.cloud.of("UpdateAlias")
    (announced,) = runner.cloud.of("PutEvents")
    assert "approved_by" not in json.loads(announced["Entries"][0]["Detail"])["data"]


@pytest.mark.slow
def test_drift_is_looked_for_in_templates_and_in_resources(runner: Runner) -> None:
    calls = [call for _, made in run_job(runner, "drift", "drift") for call in made]

    assert [call[2] for call in calls] == ["synth", "diff", "drift"]
    assert all("--fail" in call for call in calls[1:])


@pytest.mark.slow
def test_drift_fails_the_night_and_is_on_the_page_of_the_run(runner: Runner) -> None:
    step = next(step for step in steps("drift", "drift") if "tools.pipeline.drift" in step["run"])

    done = runner.run(step, CDK_STATUS_DRIFT="1")

    assert done.returncode == 1
    assert "Resources that were changed by hand" in runner.files["GITHUB_STEP_SUMMARY"].read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("workflow", "job"), [("ci", "test"), ("audit", "audit")])
def test_the_targets_of_checks_exist(runner: Runner, workflow: str, job: str) -> None:
    (runner.checkout / ".local" / "logs").mkdir(parents=True, exist_ok=True)

    assert [command for command, _ in run_job(runner, workflow, job)]


@pytest.mark.slow
def test_a_pull_request_is_compared_with_main_in_one_report(runner: Runner) -> None:
    calls = [call for _, made in run_job(runner, "ci", "report") for call in made]

    text = (runner.checkout / "report" / "report.md").read_text()
    assert text.startswith("<!-- platform-report -->")
    assert "No change breaks a client." in text
    assert "No change breaks a consumer." in text
    assert "**dev**: 0 of 1 stacks differ" in text
    assert re.search(r"\| prod \| \$[\d,]+ \| \$[\d,]+ \|", text), text
    assert text in runner.files["GITHUB_STEP_SUMMARY"].read_text()
    assert len([call for call in calls if "synth" in call]) == 4
    assert not (runner.checkout / ".local" / "report" / "base").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("comments", "written"),
    [
        ([], ["--method", "POST", "repos/acme/platform/issues/7/comments"]),
        (
            [
                {"id": 1, "user": {"login": "mallory"}, "body": "<!-- platform-report -->\nnot the report"},
                {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "<!-- no -->"},
                {"id": 3, "user": {"login": "github-actions[bot]"}, "body": "<!-- platform-report -->\nold"},
            ],
            ["--method", "PATCH", "repos/acme/platform/issues/comments/3"],
        ),
    ],
)
def test_a_pull_request_has_one_comment_that_is_kept_up_to_date(
    runner: Runner, comments: list[Any], written: list[str]
) -> None:
    calls = [call for _, made in run_job(runner, "ci", "comment", GH_COMMENTS=json.dumps(comments)) for call in made]

    assert calls[-1][2:] == [*written, "--field", "body=@report/report.md"]


def test_only_the_job_with_mains_script_can_write_to_a_pull_request() -> None:
    ci = WORKFLOWS["ci"]["jobs"]

    assert [name for name, job in ci.items() if "write" in job["permissions"].values()] == ["comment"]
    assert ci["comment"]["steps"][0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert ci["comment"]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


RUN_BY: dict[tuple[str, str], Callable[..., None]] = {
    ("audit", "audit"): test_the_targets_of_checks_exist,
    ("ci", "comment"): test_a_pull_request_has_one_comment_that_is_kept_up_to_date,
    ("ci", "report"): test_a_pull_request_is_compared_with_main_in_one_report,
    ("ci", "test"): test_the_targets_of_checks_exist,
    ("deploy", "build"): test_the_artefacts_are_built_once_for_both_environments,
    ("deploy", "dev"): test_an_environment_gets_the_artefact_of_the_build_and_nothing_is_synthesized_again,
    ("deploy", "prod"): test_an_environment_gets_the_artefact_of_the_build_and_nothing_is_synthesized_again,
    ("drift", "drift"): test_drift_is_looked_for_in_templates_and_in_resources,
    ("rollback", "rollback"): test_a_rollback_moves_the_aliases_and_tells_the_reason,
}


def test_each_job_has_a_test_that_runs_all_its_steps() -> None:
    assert sorted(RUN_BY) == sorted(jobs())


@pytest.mark.parametrize(("workflow", "job"), jobs())
def test_a_step_is_one_line_so_that_its_logic_runs_on_a_laptop(workflow: str, job: str) -> None:
    for step in steps(workflow, job):
        assert "\n" not in step["run"].strip()
        assert "${{" not in step["run"], "a value reaches a command as a variable, never as code"


@pytest.mark.parametrize(("workflow", "job"), jobs())
def test_a_job_names_its_permissions_and_a_limit_of_its_time(workflow: str, job: str) -> None:
    assert WORKFLOWS[workflow]["permissions"] == {}
    assert "permissions" in WORKFLOWS[workflow]["jobs"][job]
    assert WORKFLOWS[workflow]["jobs"][job]["timeout-minutes"] <= 120


def test_prod_waits_for_dev_and_for_the_approval_of_its_environment() -> None:
    deploy = WORKFLOWS["deploy"]

    assert deploy["jobs"]["prod"]["needs"] == ["build", "dev"]
    assert [deploy["jobs"][name]["environment"] for name in ("dev", "prod")] == ["dev", "prod"]
    assert deploy["concurrency"] == {"group": "deploy", "cancel-in-progress": False}


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [step["uses"] for name, job in jobs() for step in WORKFLOWS[name]["jobs"][job]["steps"] if "uses" in step]

    assert used
    assert all(re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", action) for action in used)
