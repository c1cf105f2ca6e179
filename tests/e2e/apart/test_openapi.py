"""Schemathesis with the published OpenAPI documents, through Traefik: no 5xx, no undocumented status.

It has a platform of its own, since it changes and deactivates any user that it is shown, an administrator among them.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest
from tools.authorisation.matrix import operations


def schemathesis(
    platform: PlatformUnderTest, service: str, folder: Path, *, tokens: Mapping[str, str], examples: int
) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis on a service as a machine client, and as an administrator where only people have access."""
    described = platform.described
    configuration = folder / "schemathesis.toml"
    configuration.write_text(
        f'tls-verify = "{described["ca_file"]}"\n'
        f'headers = {{ Authorization = "Bearer {tokens["machine"]}" }}\n'
        # Every route documents 401 and 403, so a run without access would test nothing and pass.
        f'[warnings]\nfail-on = ["missing_auth"]\n'
        f'[reports]\ndirectory = "{folder}"\n'
        + "".join(
            f'[[operations]]\ninclude-path = "{path}"\nheaders = {{ Authorization = "Bearer {tokens["admin"]}" }}\n'
            for path in sorted(paths_of_people(platform, service))
        )
    )
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"),
            *(f"{described['gateway_url']}/{service}/openapi.json", "--max-examples", str(examples), "--seed", "1"),
            *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
            *("--checks", "response_headers_conformance,response_schema_conformance,unsupported_method"),
            *("--workers", "2", "--no-color"),
        ],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def paths_of_people(platform: PlatformUnderTest, service: str) -> set[str]:
    """Return the paths that refuse every machine client."""
    document = platform.client(None).get(f"/{service}/openapi.json").json()
    return {each.path for each in operations(document, service=service) if each.access["machine"] == "never"}


@pytest.fixture(scope="module")
def tokens(platform_apart: PlatformUnderTest) -> dict[str, str]:
    """The tokens of two callers, before a run deactivates the one that is a person."""
    return {caller: platform_apart.token(caller) for caller in ("machine", "admin")}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_every_request_as_its_document_says(
    platform_apart: PlatformUnderTest, tokens: Mapping[str, str], service: str, tmp_path: Path
) -> None:
    result = schemathesis(platform_apart, service, tmp_path, tokens=tokens, examples=60)

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_a_run_without_access_fails(
    platform_apart: PlatformUnderTest, tokens: Mapping[str, str], tmp_path: Path
) -> None:
    """Otherwise the test above would pass with an invalid token."""
    invalid = {caller: f"{token}x" for caller, token in tokens.items()}
    result = schemathesis(platform_apart, SERVICES[0], tmp_path, tokens=invalid, examples=5)

    assert result.returncode != 0
    assert "returned only 401/403 responses" in result.stdout, result.stdout[-6000:]
