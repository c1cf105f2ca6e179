"""Clients that are generated from the platform's document, and used: to create, rename, list, upload and import."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.platform_under_test import ROOT, PlatformUnderTest
from tests.waiting import eventually

GENERATORS = ROOT / ".local" / "clients"
PROGRAMS = Path(__file__).parent / "clients"


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    result = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def python(folder: Path, **environment: str) -> str:
    binaries = GENERATORS / "venv" / "bin"
    (folder / "generator.yaml").write_text("post_hooks: []\n")
    generate = ("generate", "--path", "openapi.json", "--output-path", "platform_client", "--meta", "none")
    run([binaries / "openapi-python-client", *generate, "--config", "generator.yaml", "--fail-on-warning"], folder)
    return run([binaries / "python", PROGRAMS / "client.py"], folder, PYTHONPATH=str(folder), **environment)


def typescript(folder: Path, **environment: str) -> str:
    (folder / "node_modules").symlink_to(GENERATORS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(PROGRAMS / "client.ts", folder)
    run(["node_modules/.bin/openapi-typescript", "openapi.json", "-o", "platform-api.d.ts"], folder)
    options = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext")
    run(["node_modules/.bin/tsc", *options, "client.ts"], folder)
    return run(["node", "client.js"], folder, NODE_EXTRA_CA_CERTS=environment["CA_FILE"], **environment)


@pytest.mark.parametrize("program", [python, typescript])
def test_a_generated_client_creates_renames_lists_uploads_and_imports(
    platform: PlatformUnderTest, tmp_path: Path, program: Any
) -> None:
    described = platform.described
    document = platform.client(None).get("/openapi.json")
    (tmp_path / "openapi.json").write_bytes(document.content)
    # A generated client calls this address unless it is told another one.
    assert document.json()["servers"] == [{"url": described["gateway_url"]}]

    for _ in range(2):
        platform.gateway.post("/users", json={"email": f"{uuid4().hex}@example.com"})
    # The clients read two pages of one user each.
    eventually(lambda: len(platform.gateway.get("/users").json()["items"]) > 1)

    done = json.loads(
        program(
            tmp_path, URL=described["gateway_url"], TOKEN=platform.token("admin"), CA_FILE=str(described["ca_file"])
        )
    )

    renamed, deactivated, moved = done["changed"]
    assert [list(sent) for sent in done["sent"]] == [["name"], ["active"], ["email"]]
    assert (renamed["name"], renamed["active"]) == ("Bo", True)
    assert (deactivated["name"], deactivated["active"]) == ("Bo", False)
    assert (moved["email"], moved["active"]) == (f"new-{renamed['email']}", False)
    stored = platform.gateway.get(f"/users/{moved['id']}").json()
    assert all(stored[name] == moved[name] for name in ("name", "email", "active", "version"))
    assert (done["stale"], done["missing"]) == ("urn:problem-type:stale-version", "urn:problem-type:user-not-found")
    assert len(set(done["listed"])) == 2
    assert (done["file"], done["import"], done["rows_written"]) == ("available", "completed", 1)
