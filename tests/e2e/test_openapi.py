"""Schemathesis with the published OpenAPI documents, through Traefik: no 5xx, no undocumented status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest


def schemathesis(
    platform: PlatformUnderTest, service: str, folder: Path, *, token: str, examples: int
) -> subprocess.CompletedProcess[str]:
    """Run Schemathesis on a service with a token."""
    described = platform.described
    configuration = folder / "schemathesis.toml"
    configuration.write_text(
        f'tls-verify = "{described["ca_file"]}"\n'
        f'headers = {{ Authorization = "Bearer {token}" }}\n'
        # Every route documents 401 and 403, so a run without access would test nothing and pass.
        f'[warnings]\nfail-on = ["missing_auth"]\n'
        f'[reports]\ndirectory = "{folder}"\n'
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


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_every_request_as_its_document_says(
    platform: PlatformUnderTest, service: str, tmp_path: Path
) -> None:
    result = schemathesis(platform, service, tmp_path, token=platform.token("admin"), examples=60)

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_a_run_without_access_fails(platform: PlatformUnderTest, tmp_path: Path) -> None:
    """Otherwise the test above would pass with an invalid token."""
    result = schemathesis(platform, SERVICES[0], tmp_path, token=f"{platform.token('admin')}x", examples=5)

    assert result.returncode != 0
    assert "returned only 401/403 responses" in result.stdout, result.stdout[-6000:]
