import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.scaffold.__main__ import ScaffoldError, add_service, singular_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with everything that a service needs, and no service."""
    folders = ("functions/shared", "tests/tools/contracts", "tests/tools/data_model", "cdk", "tools")
    modules = ("tests/lambda_client.py", "tests/newer_release.py", "tests/tables.py", "tests/tokens.py")
    for part in (*folders, "events/envelope.schema.json", *modules):
        source, target = ROOT / part, tmp_path / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for name in ("pyproject.toml", "functions/__init__.py", "tests/conftest.py", "tests/one_worker.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    # It has the specification's own schema of AsyncAPI documents.
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def run(project: Path, *command: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("plural", "singular"),
    [("refunds", "refund"), ("parties", "party"), ("boxes", "box"), ("classes", "class"), ("cases", "case")],
)
def test_a_regular_plural_has_a_singular(plural: str, singular: str) -> None:
    assert singular_of(plural) == singular


@pytest.mark.parametrize(
    "name",
    [
        *("", "refund", "Refunds", "re-funds", "re_funds", "1s", "shared", "classes", "s" * 30),
        *("events", "pages", "tests", "services", "responses", "lists", "types"),
        *("alarms", "docs", "guardrails", "integrations"),
    ],
)
def test_an_invalid_name_is_refused_with_the_rules(project: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="like `refunds`"):
        add_service(name, project=project)


@pytest.mark.parametrize("singular", ["Index", "in_dex", "événement", ""])
def test_an_invalid_singular_is_refused(project: Path, singular: str) -> None:
    with pytest.raises(ScaffoldError, match="like `refunds`"):
        add_service("indices", singular=singular or "indices", project=project)


def test_existing_files_are_never_overwritten(project: Path) -> None:
    (project / "events" / "refunds").mkdir()

    with pytest.raises(ScaffoldError, match="events/refunds exists already"):
        add_service("refunds", project=project)

    assert not (project / "functions" / "refunds").exists()


def test_the_name_of_the_template_is_replaced_everywhere(project: Path) -> None:
    for folder in add_service("refunds", project=project):
        for file in (project / folder).rglob("*"):
            assert "widget" not in str(file).lower()
            assert file.is_dir() or "widget" not in file.read_text().lower()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["refunds", "zebras"])
def test_a_new_service_passes_every_check(project: Path, name: str) -> None:
    folders = [str(folder) for folder in add_service(name, project=project)[:2]]

    run(project, sys.executable, "-m", "ruff", "check", *folders)
    run(project, sys.executable, "-m", "ruff", "format", "--check", *folders)
    run(project, sys.executable, "-m", "mypy", *folders)
    run(project, sys.executable, "-m", "tools.contracts")
    run(project, sys.executable, "-m", "tools.data_model")
    run(project, sys.executable, "-m", "pytest", "-q", f"tests/{name}", "tests/tools")
    run(
        project,
        sys.executable,
        "-c",
        f"from pathlib import Path; from cdk.settings.manifests import load_manifests; "
        f"assert [manifest.service for manifest in load_manifests(Path('.'))] == ['{name}']",
    )
