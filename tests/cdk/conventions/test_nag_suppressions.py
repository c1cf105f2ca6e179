"""cdk-nag over dev and prod: every finding is suppressed on its resource, with a reason."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from cdk.settings.environment import environment_names, load_environment
from cdk.settings.manifests import load_manifests
from cdk.synthesis import app_without_code
from tests.cdk.templates import Json

pytestmark = pytest.mark.slow


def report(folder: Path, environment: str, *, excused_stack: str = "") -> Json:
    """Synthesize an environment with both packs, and return their findings."""
    app = app_without_code(folder, [load_environment(environment)], load_manifests())
    Validations.of(app).add_plugins(AwsSolutionsChecks(), ServerlessChecks())
    if excused_stack:
        stack = cast("Stack", app.node.find_child(excused_stack))
        sqs.Queue(stack, "Unsafe")
        reason = "The queues of this stack are safe without it."
        Validations.of(stack).acknowledge(Acknowledgment(id="AwsSolutions::AwsSolutions-SQS4", reason=reason))
    try:
        app.synth()
    except RuntimeError as error:  # the findings, which the report also contains
        assert "ValidationFailed" in str(error)  # noqa: PT017 - every other error fails the test
    found: Json = json.loads((folder / "cdk.out" / "validation-report.json").read_text("utf-8"))
    return found


def violations(found: Json, kind: str = "violations") -> Iterator[tuple[str, str, Json]]:
    """Yield the rule, the resource and the details of each finding."""
    for plugin in found["pluginReports"]:
        for violation in plugin.get(kind, ()):
            for construct in violation["violatingConstructs"]:
                yield violation["ruleName"], construct["constructPath"], violation


def wide(found: Json) -> Sequence[tuple[str, str]]:
    """List the suppressions that are not on the resource of the finding, or have no reason."""
    return [
        (rule, path)
        for rule, path, violation in violations(found, "suppressedViolations")
        if violation["acknowledgedAt"] != path or len(violation["reason"].split()) < 5
    ]


@pytest.mark.parametrize("environment", [name for name in environment_names() if name != "local"])
def test_what_cdk_nag_finds_has_a_reason_on_its_resource(tmp_path: Path, environment: str) -> None:
    found = report(tmp_path, environment)

    assert {plugin["pluginName"] for plugin in found["pluginReports"]} >= {"AwsSolutions", "Serverless"}
    assert [(rule, path) for rule, path, _ in violations(found)] == []
    assert wide(found) == []
    # A suppression without a finding must be removed.
    needed = {(violation["acknowledgedId"], path) for _, path, violation in violations(found, "suppressedViolations")}
    assert suppressed_in(tmp_path / "cdk.out") - needed == set()


def suppressed_in(folder: Path) -> set[tuple[str, str]]:
    """Read the suppressed rules of all constructs."""
    return {
        (rule, path.removeprefix("/"))
        for file in folder.glob("*.metadata.json")
        for path, entries in json.loads(file.read_text("utf-8")).items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule in entry["data"]
        if rule.startswith(("AwsSolutions::", "Serverless::"))
    }


def test_a_reason_for_a_whole_stack_is_a_finding(tmp_path: Path) -> None:
    found = report(tmp_path, "dev", excused_stack="platform-dev-users")

    assert wide(found) == [("AwsSolutions-SQS4", "platform-dev-users/Unsafe/Resource")]
