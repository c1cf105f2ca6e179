"""The calls of the CDK's command line, by a program that stands for it."""

import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from operate.errors import OperateError
from operate.releases.cdk_cli import CONCURRENCY, CdkCli, template_digests
from operate.target import CHECKOUT
from tests.operate.releases.fakes import write_assembly


def cdk_that(folder: Path, *, prints: str = "", status: int = 0) -> tuple[CdkCli, Path]:
    """Make a CDK that writes its arguments into a file, prints a text, and ends with a status."""
    calls = folder / "calls.json"
    program = folder / "cdk.py"
    program.write_text(
        f"import json, sys\nopen({str(calls)!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
        f"print({prints!r})\nsys.exit({status})\n"
    )
    return CdkCli([sys.executable, program]), calls


def test_a_deployment_runs_four_stacks_at_once_and_the_cdk_asks_nothing(tmp_path: Path) -> None:
    cdk, calls = cdk_that(tmp_path)

    assert cdk.deploy(tmp_path / "out")

    assert CONCURRENCY == 4
    assert json.loads(calls.read_text()) == [
        *("deploy", "--all", "--app", str(tmp_path / "out")),
        *("--require-approval", "never", "--concurrency", "4"),
    ]


def test_the_options_exist_in_the_installed_cdk() -> None:
    declared = (CHECKOUT / "node_modules/aws-cdk/lib/cli/cli-type-registry.json").read_text("utf-8")

    for option in ("concurrency", "require-approval", "security-only", "fail"):
        assert f'"{option}"' in declared, option


def test_a_failed_deployment_or_synthesis_is_reported_as_false(tmp_path: Path) -> None:
    cdk, calls = cdk_that(tmp_path, status=1)

    assert not cdk.deploy(tmp_path)
    assert not cdk.synth(tmp_path, {"environment": "dev", "past_alarms": "true"})
    assert json.loads(calls.read_text())[-4:] == ["--context", "environment=dev", "--context", "past_alarms=true"]


@pytest.mark.parametrize(("differences", "status", "broadens"), [(0, 0, False), (2, 1, True)])
def test_broader_rights_are_noticed(tmp_path: Path, *, differences: int, status: int, broadens: bool) -> None:
    cdk, _ = cdk_that(tmp_path, prints=f"✨  Number of stacks with differences: {differences}", status=status)

    assert cdk.broadens_rights(tmp_path) is broadens


def test_a_comparison_that_failed_is_no_approval(tmp_path: Path) -> None:
    cdk, _ = cdk_that(tmp_path, prints="Need to perform AWS calls", status=1)

    with pytest.raises(OperateError, match="could not compare"):
        cdk.broadens_rights(tmp_path)


def test_each_stack_has_the_digest_of_its_template(tmp_path: Path) -> None:
    assembly = write_assembly(tmp_path, "platform-dev-users", "platform-dev-files")

    digests = template_digests(assembly)

    assert list(digests) == ["platform-dev-files", "platform-dev-users"]
    template = (tmp_path / "platform-dev-users.template.json").read_bytes()
    assert digests["platform-dev-users"] == sha256(template).hexdigest()


def test_a_folder_without_an_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperateError, match="is no cloud assembly"):
        template_digests(tmp_path)
