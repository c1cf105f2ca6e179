from pathlib import Path

import pytest

from cdk.settings.manifest import Manifest
from local.watcher import needs_deployment, touched


def manifest(service: str) -> Manifest:
    function = {"handler": f"functions.{service}.api.handler", "trigger": "http"}
    return Manifest.model_validate(
        {
            "service": service,
            "description": "d",
            "owner": "team",
            "http": {"path": f"/{service}"},
            "functions": {"api": function},
        }
    )


MANIFESTS = (manifest("users"), manifest("activity"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("functions/users/service.py", False),
        ("functions/shared/errors.py", False),
        ("functions/users/service.toml", True),
        ("functions/users/requirements.txt", True),
        ("events/users/UserCreated.v1.schema.json", True),
        ("cdk/shared_stacks/network.py", True),
        ("app.py", True),
    ],
)
def test_code_is_reloaded_and_everything_else_deployed(path: str, expected: bool) -> None:
    assert needs_deployment({Path(path)}) is expected


def test_a_service_is_touched_by_its_own_files() -> None:
    assert [m.service for m in touched({Path("functions/users/service.py")}, MANIFESTS)] == ["users"]


def test_shared_files_touch_every_service() -> None:
    assert [m.service for m in touched({Path("functions/shared/errors.py")}, MANIFESTS)] == ["users", "activity"]


def test_a_folder_that_is_no_service_touches_none() -> None:
    assert touched({Path("functions/notes/todo.md")}, MANIFESTS) == []
