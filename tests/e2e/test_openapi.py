"""Schemathesis over the published OpenAPI documents, through Traefik: no 5xx, no undocumented status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_answers_whatever_is_sent_as_its_document_says(
    platform: PlatformUnderTest, service: str, tmp_path: Path
) -> None:
    described = platform.described
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(
        f'tls-verify = "{described["ca_file"]}"\n'
        f'headers = {{ Authorization = "Bearer {platform.token("admin")}" }}\n'
        f'[reports]\ndirectory = "{tmp_path}"\n'
    )

    result = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"),
            *(f"{described['gateway_url']}/{service}/openapi.json", "--max-examples", "60", "--seed", "1"),
            *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
            *("--checks", "response_headers_conformance,response_schema_conformance,unsupported_method"),
            *("--workers", "2", "--no-color"),
        ],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
