from pathlib import Path

import pytest

from local.child_environment import aws_environment, base_environment, download_environment
from local.credentials import administrator
from local.settings import Settings

# A developer's shell; most of these variables must not reach the commands of the platform.
HOST = {
    "PATH": "/usr/bin",
    "HOME": "/home/dev",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_CONFIG_FILE": "/home/dev/.aws/config",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "REQUESTS_CA_BUNDLE": "/company.pem",
    "PYTHONPATH": "/home/dev/lib",
    "NODE_OPTIONS": "--inspect",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "UV_DEFAULT_INDEX": "https://mirror.example/simple",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read({"PLATFORM_HOME": str(tmp_path)})


def test_nothing_of_the_user_s_own_aws_reaches_a_command(settings: Settings) -> None:
    environment = base_environment(settings, HOST)

    assert {name for name in environment if name.startswith("AWS_")} == set()
    assert not {"REQUESTS_CA_BUNDLE", "PYTHONPATH", "NODE_OPTIONS", "HTTPS_PROXY"} & environment.keys()
    assert environment["PATH"] == "/usr/bin"


def test_caches_and_temporary_files_stay_in_the_checkout(settings: Settings) -> None:
    environment = base_environment(settings, HOST)

    for name, value in environment.items():
        if name.lower().endswith(("_cache", "_dir", "_root")) or name in {"XDG_CACHE_HOME", "CDK_HOME"}:
            assert Path(value).is_relative_to(settings.checkout / ".local"), name
    assert environment["TMPDIR"] == str(settings.home / "tmp")


def test_aws_clients_use_the_embedded_aws_and_no_profile(settings: Settings) -> None:
    environment = aws_environment(settings, region="eu-west-1")

    assert environment["AWS_ENDPOINT_URL"] == "https://127.0.0.1:4566"
    key = administrator(settings)
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == (
        key.access_key_id,
        key.secret_access_key,
    )
    assert environment["AWS_CA_BUNDLE"] == environment["NODE_EXTRA_CA_CERTS"] == str(settings.ca_file)
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_downloads_use_the_proxy_and_the_index_of_this_machine() -> None:
    assert download_environment(HOST) == {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
    }
