"""The extensions against the pinned version of MiniStack."""

import contextlib
import importlib
import io
import json
import sys
from collections.abc import Iterator
from typing import Any

from ministack.services import alb

from local.embedded_aws import catalogue
from local.embedded_aws.__main__ import main
from local.embedded_aws.extension import Hook, HookMovedError

# See tests/local/embedded_aws/run_test.py.
INSTALLED = False
HOOKS = [hook for extension in catalogue.EXTENSIONS.values() for hook in extension.hooks]


def test_every_extension_installs_on_the_pinned_version() -> None:
    sys.argv = ["embedded_aws", "--verify"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main() == 0

    assert {extension["name"] for extension in json.loads(printed.getvalue())} >= {
        "elbv2.target_groups",
        "dynamodb.table_settings",
        "secretsmanager.secret_values",
        "logs.complete_lines",
        "lambda_.handler_process",
        "lambda_.warm_processes",
        "sqs.queue_lock",
        "dynamodb.stream_failures",
        "cloudwatch.embedded_metrics",
        "types_without_effect",
    }


def test_an_extension_is_installed_after_those_that_it_names() -> None:
    names = list(catalogue.EXTENSIONS)

    assert names.index("sqs.batch_permissions") < names.index("iam.role_calls")


@contextlib.contextmanager
def changed(hook: Hook, *replacement: object) -> Iterator[None]:
    """Remove a part of MiniStack for a while, or replace it."""
    owner: Any = importlib.import_module(hook.module)
    *path, name = hook.name.split(".")
    for part in path:
        owner = getattr(owner, part)
    kept = owner.__dict__[name]
    delattr(owner, name)
    for new in replacement:
        setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, kept)


def problem() -> str:
    try:
        catalogue.verify()
    except HookMovedError as moved:
        return str(moved)
    return ""


def test_a_hook_that_upstream_removed_is_noticed_at_the_start() -> None:
    assert len(HOOKS) >= 20
    for hook in HOOKS:
        with changed(hook):
            found = problem()
        assert str(hook) in found
        assert "is gone" in found
        assert "ministack 1." in found
    assert problem() == ""


def test_a_hook_that_upstream_reshaped_is_noticed_at_the_start() -> None:
    def reshaped(entirely: object, other: object) -> None:
        """Take other parameters, and contain no expected passage."""

    for hook in HOOKS:
        if hook.parameters is not None or hook.contains:
            is_text = hook.name == "_PYTHON_WORKER_SCRIPT"
            with changed(hook, "other text" if is_text else reshaped):
                assert str(hook) in problem()


def test_a_start_without_a_hook_ends_with_a_message_that_names_it() -> None:
    del alb.set_targets_for_group
    sys.argv = ["embedded_aws", "--verify"]

    with contextlib.redirect_stderr(io.StringIO()) as errors:
        assert main() == 1

    assert "ministack.services.alb.set_targets_for_group is gone" in errors.getvalue()
    assert "Traceback" not in errors.getvalue()


def test_each_gap_is_described_in_a_sentence() -> None:
    for extension in catalogue.describe():
        assert extension["closes"].endswith(".")
        for resource_type, sentence in extension["stands_in"].items():
            assert resource_type.startswith("AWS::")
            assert sentence.endswith(".")
