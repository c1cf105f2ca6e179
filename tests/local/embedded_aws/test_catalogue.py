"""The extensions against the MiniStack that is pinned, in its own virtual environment."""

import json
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PYTHON = CHECKOUT / ".local" / "aws" / "venv" / "bin" / "python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="the embedded AWS is not installed; `make up` installs it"),
]


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYTHON, "-c", code, *arguments],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def hooks() -> list[str]:
    listed = run(
        "import json; from local.embedded_aws.catalogue import EXTENSIONS\n"
        "print(json.dumps([f'{hook.module} {hook.name}' for e in EXTENSIONS for hook in e.hooks]))"
    )
    assert listed.returncode == 0, listed.stderr
    names: list[str] = json.loads(listed.stdout)
    return names


def test_every_extension_installs_on_the_pinned_version() -> None:
    verified = subprocess.run(
        [PYTHON, "-m", "local.embedded_aws", "--verify"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert verified.returncode == 0, verified.stderr
    assert {extension["name"] for extension in json.loads(verified.stdout)} >= {
        "target_groups",
        "table_settings",
        "secret_values",
        "log_drain",
        "handler_process",
        "worker_limit",
        "queue_delivery",
        "stream_failures",
        "embedded_metrics",
    }


REMOVE_EACH = """
import importlib, json
from local.embedded_aws import catalogue
from local.embedded_aws.extension import HookMovedError

unnoticed = []
for extension in catalogue.EXTENSIONS:
    for hook in extension.hooks:
        owner = importlib.import_module(hook.module)
        *path, name = hook.name.split(".")
        for part in path:
            owner = getattr(owner, part)
        kept = owner.__dict__[name]
        delattr(owner, name)
        try:
            catalogue.verify()
            unnoticed.append(str(hook))
        except HookMovedError as moved:
            assert str(hook) in str(moved) and "is gone" in str(moved) and "ministack 1." in str(moved), moved
        finally:
            setattr(owner, name, kept)
catalogue.verify()
print(json.dumps(unnoticed))
"""


def test_a_hook_that_upstream_removed_is_noticed_at_the_start() -> None:
    removed = run(REMOVE_EACH)

    assert removed.returncode == 0, removed.stderr
    assert json.loads(removed.stdout) == []


RESHAPE_EACH = """
import importlib, json
from local.embedded_aws import catalogue
from local.embedded_aws.extension import HookMovedError

unnoticed = []
for extension in catalogue.EXTENSIONS:
    for hook in extension.hooks:
        if hook.parameters is None and not hook.contains:
            continue
        owner = importlib.import_module(hook.module)
        *path, name = hook.name.split(".")
        for part in path:
            owner = getattr(owner, part)
        kept = owner.__dict__[name]
        setattr(owner, name, "other text" if isinstance(kept, str) else lambda entirely, other: None)
        try:
            catalogue.verify()
            unnoticed.append(str(hook))
        except HookMovedError as moved:
            assert str(hook) in str(moved), moved
        finally:
            setattr(owner, name, kept)
print(json.dumps(unnoticed))
"""


def test_a_hook_that_upstream_reshaped_is_noticed_at_the_start() -> None:
    reshaped = run(RESHAPE_EACH)

    assert reshaped.returncode == 0, reshaped.stderr
    assert json.loads(reshaped.stdout) == []


def test_a_start_without_a_hook_ends_with_a_message_that_names_it() -> None:
    started = run(
        "import sys\n"
        "from ministack.services import alb\n"
        "del alb.set_targets_for_group\n"
        "sys.argv = ['embedded_aws', '--verify']\n"
        "from local.embedded_aws.__main__ import main\n"
        "sys.exit(main())"
    )

    assert started.returncode == 1
    assert "ministack.services.alb.set_targets_for_group is gone" in started.stderr
    assert "Traceback" not in started.stderr


def test_each_gap_is_said_in_a_sentence() -> None:
    described = run("import json; from local.embedded_aws import catalogue\nprint(json.dumps(catalogue.describe()))")

    for extension in json.loads(described.stdout):
        assert extension["closes"].endswith(".")
        for resource_type, sentence in extension["stands_in"].items():
            assert resource_type.startswith("AWS::")
            assert sentence.endswith(".")


def test_hooks_exist_for_every_extension_that_changes_something() -> None:
    assert len(hooks()) >= 20
