"""Run a handler in a process like Lambda's: its own interpreter and environment, without packages of the host.

Relies on `lambda_runtime._detect_runtime_binary` and on the `subprocess.Popen` of `Worker._spawn`, which passed the
whole environment and the virtual environment of the embedded AWS to every handler.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from local.embedded_aws.extension import Extension, Hook

# The variables that the runtime itself sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RUNTIME = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": ":UTC",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
}
# The embedded AWS has these variables too; a handler still gets them.
_KEPT = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
# MiniStack trusts its own leaf for every TLS connection; a handler trusts the local CA only for AWS.
_DROPPED = frozenset({"NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"})

_upstream_detect = lambda_runtime._detect_runtime_binary


def _detect_interpreter(runtime: str) -> tuple[str, str]:
    binary, script = _upstream_detect(runtime)
    if not runtime.startswith("python"):
        return binary, script
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime != ours:
        raise RuntimeError(f"The runtime {runtime} is not on this machine: the embedded AWS runs functions on {ours}.")
    return sys._base_executable, script  # type: ignore[attr-defined]


def _handler_environment(passed: dict[str, str], *, directory: Path) -> dict[str, str]:
    """Keep the variables that MiniStack adds; the function's own variables arrive with its init message."""
    own = {
        name: value
        for name, value in passed.items()
        if name not in _DROPPED and (name in _KEPT or name not in os.environ)
    }
    return {
        **_RUNTIME,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        **own,
        "AWS_ENDPOINT_URL": os.environ["EMBEDDED_AWS_ENDPOINT_URL"],
        "AWS_CA_BUNDLE": os.environ["EMBEDDED_AWS_CA_FILE"],
        # Never on AWS: the message of an unexpected error may contain personal data.
        "LOG_ERROR_MESSAGES": "1",
        # A handler must never find the user's own profile and credentials.
        "HOME": str(directory),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TMPDIR": str(directory),
    }


class _HandlerSubprocess:
    """A replacement of the subprocess module for `lambda_runtime`, which gives handlers their own environment."""

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    @staticmethod
    def Popen(command: list[str], *, env: dict[str, str], cwd: str, **options: Any) -> Any:  # noqa: N802 - the name is Python's
        interpreter, *arguments = command
        # -S and -P: no site-packages of this machine and no script directory, only the bundle.
        isolated = ["-S", "-P"] if interpreter == sys._base_executable else []  # type: ignore[attr-defined]
        return subprocess.Popen(
            [interpreter, *isolated, *arguments],
            env=_handler_environment(env, directory=Path(cwd).parent),
            cwd=cwd,
            **options,
        )


def _install() -> None:
    lambda_runtime._detect_runtime_binary = _detect_interpreter
    lambda_runtime.subprocess = _HandlerSubprocess()


EXTENSION = Extension(
    closes="Handlers inherited the host's environment and packages, and every python3.x ran on one interpreter.",
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="_detect_runtime_binary",
            parameters=("runtime",),
            contains=("return sys.executable, _PYTHON_WORKER_SCRIPT",),
        ),
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker._spawn",
            parameters=("self",),
            contains=(
                "spawn_env = {**os.environ, **env_vars}",
                "subprocess.Popen(\n            [binary, worker_path],\n            cwd=code_dir,",
                "env=spawn_env,",
                '"env": env_vars,',
            ),
        ),
    ),
    install=_install,
)
