"""The file of a service's synthetic requests, and the calls that follow from it and from the manifest."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT, read_manifest
from cdk.settings.synthetic import read_synthetic, release_checks
from local.scaffold.__main__ import add_service

USERS = read_manifest(PROJECT / "functions/users/service.toml")
READ = '[[requests]]\npath = "/users"\nstatus = 200\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "functions/users/synthetic.toml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[requests]", "expected TOML"),
        ("", "requests: expected a GET that succeeds"),
        ('[[requests]]\nmethod = "POST"\npath = "/users"\nstatus = 201', "requests: expected a GET that succeeds"),
        (READ.replace("200", "500"), "499"),
        (READ + "wihtin_ms = 1", "wihtin_ms"),
        (
            f'{READ}[events]\nimporter = ["users/UserCreated.v1"]',
            "events.importer: expected an event that",
        ),
        (f'{READ}[events]\nnone = ["users/UserCreated.v1"]', "events.none: expected an event that"),
        (f'{READ}[events]\ngatekeeper = ["users/UserUpdated.v1"]', "expected the example events/users/UserUpdated.v1"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(written: Callable[[str], Path], text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read_synthetic(USERS, written(text))


def test_a_service_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"functions/users/synthetic\.toml: expected a file"):
        read_synthetic(USERS, tmp_path)


def test_each_function_is_checked_and_a_relay_by_each_of_its_events() -> None:
    checks = release_checks(USERS, read_synthetic(USERS))

    assert checks["functions"].keys() == USERS.functions.keys()
    assert checks["scopes"] == ["users/read", "users/write"]
    batches = {batch["name"]: batch["records"] for batch in checks["functions"]["relay"]["batches"]}
    published = [f"users/{event}" for event in USERS.functions["relay"].publishes]
    assert list(batches) == ["an empty batch", *published]
    [record] = batches["users/UserCreated.v1"]
    example = json.loads((PROJECT / "events/users/UserCreated.v1.example.json").read_text("utf-8"))
    assert json.loads(record["dynamodb"]["NewImage"]["envelope"]["S"]) == example
    assert record["dynamodb"]["Keys"] == {"pk": {"S": f"OUTBOX#{example['id']}"}}


def test_a_new_service_has_its_own_requests(tmp_path: Path) -> None:
    add_service("refunds", project=tmp_path)
    manifest: Manifest = read_manifest(tmp_path / "functions/refunds/service.toml", tmp_path)

    synthetic = read_synthetic(manifest, tmp_path)

    assert [(each.method, each.status) for each in synthetic.requests] == [("GET", 200), ("GET", 404), ("POST", 201)]
