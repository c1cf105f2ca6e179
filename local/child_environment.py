"""The environment of every command that the platform runs: caches in the checkout, never the user's own AWS account."""

import os
from collections.abc import Mapping

from local.credentials import administrator
from local.settings import Settings

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "COLORTERM", "NO_COLOR", "SHELL", "USER", "LOGNAME")


def base_environment(settings: Settings, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Pass on only what every program needs: no profile, proxy, CA bundle or credential of the host."""
    temporary = settings.home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        **{name: variables[name] for name in _INHERITED if name in variables},
        "TMPDIR": str(temporary),
        "XDG_CACHE_HOME": str(settings.cache),
        "UV_CACHE_DIR": str(settings.cache / "uv"),
        "PIP_CACHE_DIR": str(settings.cache / "pip"),
        "npm_config_cache": str(settings.cache / "npm"),
        "CDK_HOME": str(settings.cache / "cdk"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(settings.cache / "jsii"),
    }


def download_environment(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Pass on the settings for package registries: mirrors, proxies, their certificates."""
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(("UV_", "PIP_", "SSL_CERT_")) or name.lower() in {"http_proxy", "https_proxy", "no_proxy"}
    }


def aws_environment(settings: Settings, *, region: str) -> dict[str, str]:
    """Point AWS clients at the embedded AWS, as the account's administrator, trusting only the local CA."""
    key = administrator(settings)
    return {
        "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
        "AWS_CA_BUNDLE": str(settings.ca_file),
        "NODE_EXTRA_CA_CERTS": str(settings.ca_file),
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
