"""cfn-lint over the templates of every environment on AWS: every finding is suppressed on its resource."""

import copy
import json
from collections.abc import Iterator

import pytest
from cfnlint import api  # type: ignore[import-untyped] # It ships no types.

from cdk.conventions.suppressions import METADATA_KEY
from cdk.settings.environment import Environment, environment_names, load_environment
from cdk.settings.manifests import load_manifests
from tests.cdk.templates import Assembly, Json, Synthesize

pytestmark = pytest.mark.slow

# Templates must be valid in a second region, too.
ELSEWHERE = "us-east-1"


@pytest.fixture(scope="module", params=[name for name in environment_names() if name != "local"])
def environment(request: pytest.FixtureRequest) -> Environment:
    return load_environment(request.param)


@pytest.fixture(scope="module")
def on_aws(environment: Environment, synthesize: Synthesize) -> Assembly:
    """The services of this project, in one environment."""
    return synthesize(load_manifests(), [environment])


def findings(template: Json, environment: Environment) -> Iterator[tuple[str, str, str]]:
    """Yield the resource, the rule and the message of each finding."""
    arguments = api.ManualArgs(include_checks=["I"], regions=[environment.region, ELSEWHERE])
    for match in api.lint(json.dumps(template), config=arguments):
        yield str(match.path[1]), match.rule.id, match.message


def test_cfn_lint_finds_nothing(on_aws: Assembly, environment: Environment) -> None:
    found = {name: list(findings(stack.content, environment)) for name, stack in on_aws.stacks().items()}

    assert len(found) >= 3
    assert {name: of_stack for name, of_stack in found.items() if of_stack} == {}


def test_each_suppression_has_a_reason_and_suppresses_a_finding(
    on_aws: Assembly,
    environment: Environment,
) -> None:
    for stack in on_aws.stacks().values():
        assert METADATA_KEY not in stack.content.get("Metadata", {})
        bare = copy.deepcopy(stack.content)
        given = {
            (name, rule): metadata["reasons"].get(rule)
            for name, resource in bare["Resources"].items()
            if (metadata := resource.get("Metadata", {}).pop(METADATA_KEY, None))
            for rule in metadata["config"]["ignore_checks"]
        }

        assert all(given.values())
        assert {finding[:2] for finding in findings(bare, environment)} == given.keys()
