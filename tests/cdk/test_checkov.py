"""checkov over the templates of every environment on AWS: every finding is suppressed on its resource."""

import copy
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk.conventions.suppressions import CHECKOV_KEY
from cdk.settings.environment import environment_names, load_environment
from cdk.settings.manifests import PROJECT, load_manifests
from tests.cdk.templates import Assembly, Json, Synthesize

pytestmark = pytest.mark.slow

CHECKOV = PROJECT / ".local" / "checkov" / "venv" / "bin" / "checkov"
# Nothing listens there: a call to the network would fail.
NOWHERE = "http://127.0.0.1:9"
BARE = "bare-"

type Finding = tuple[str, str, str]


@pytest.fixture(scope="module")
def on_aws(synthesize: Synthesize) -> Assembly:
    """The services of this project, in every environment on AWS."""
    return synthesize(load_manifests(), [load_environment(name) for name in environment_names() if name != "local"])


@pytest.fixture(scope="module")
def found(on_aws: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """Run checkov over all templates, with and without the suppressions, at once: it takes half a minute to start."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, stack in on_aws.stacks().items():
        bare = copy.deepcopy(stack.content)
        for resource in bare["Resources"].values():
            resource.get("Metadata", {}).pop(CHECKOV_KEY, None)
        (folder / f"{name}.template.json").write_text(json.dumps(stack.content), "utf-8")
        (folder / f"{BARE}{name}.template.json").write_text(json.dumps(bare), "utf-8")
    return look_at(folder)


def look_at(folder: Path) -> Json:
    """Run checkov over a folder without a configuration that could skip checks."""
    assert CHECKOV.is_file(), "checkov is not installed; run: local/install.sh checkov"
    variables = {"HOME": str(folder), "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "PATH": os.environ["PATH"]}
    options = ("--framework", "cloudformation", "--skip-download", "--soft-fail", "--quiet", "--output", "json")
    result = subprocess.run(
        [CHECKOV, "--directory", folder, *options],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["summary"]["parsing_errors"] == 0
    results: Json = report["results"]
    return results


def named(records: list[Json], *, bare: bool) -> set[Finding]:
    """Return the stack, the rule and the resource of each finding."""
    files = ((record, Path(record["file_path"]).name.removesuffix(".template.json")) for record in records)
    return {
        (file.removeprefix(BARE), record["check_id"], record["resource"].rpartition(".")[2])
        for record, file in files
        if file.startswith(BARE) == bare
    }


def reasons(assembly: Assembly) -> Iterator[tuple[Finding, str]]:
    """Yield each suppression with its reason."""
    for name, stack in assembly.stacks().items():
        for logical_id, resource in stack.content["Resources"].items():
            for skipped in resource.get("Metadata", {}).get(CHECKOV_KEY, {}).get("skip", ()):
                yield (name, skipped["id"], logical_id), skipped["comment"]


def test_checkov_finds_nothing(found: Json) -> None:
    assert named(found["failed_checks"], bare=False) == set()


def test_each_suppression_has_a_reason_and_suppresses_a_finding(found: Json, on_aws: Assembly) -> None:
    given = dict(reasons(on_aws))

    assert named(found["failed_checks"], bare=True) == given.keys()
    assert [reason for reason in given.values() if len(reason.split()) < 5] == []


def test_no_reason_is_for_a_whole_stack(on_aws: Assembly) -> None:
    for stack in on_aws.stacks().values():
        assert CHECKOV_KEY not in stack.content.get("Metadata", {})


def test_an_open_bucket_is_found(tmp_path: Path) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicReadWrite"}}
    (tmp_path / "open.template.json").write_text(json.dumps({"Resources": {"Open": bucket}}), "utf-8")

    assert ("open", "CKV_AWS_57", "Open") in named(look_at(tmp_path)["failed_checks"], bare=False)
