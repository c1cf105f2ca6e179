"""The embedded AWS as a background process, and boto3 clients for it."""

import os
import shutil
import signal
import time
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config

from local.child_environment import base_environment
from local.credentials import ACCOUNT, administrator
from local.embedded_aws.saved_state import SavedState
from local.errors import PlatformError
from local.probe import status_of
from local.processes import BackgroundProcess, tail
from local.settings import Settings

CERTIFICATE = "embedded-aws"
_START_S = 60
# The system counts the start of a process from its boot, which it knows to a second.
_CLOCKS_DIFFER_S = 2
# The embedded AWS writes its state on SIGTERM: tens of megabytes take seconds, the gigabytes of a large import minutes.
# Killing it before it has finished loses the whole state.
STOP_S = 300


def embedded_aws(settings: Settings) -> BackgroundProcess:
    """Describe the process."""
    return BackgroundProcess("embedded-aws", settings.run, settings.logs / "embedded-aws.log")


def start(settings: Settings, *, region: str) -> None:
    """Start the embedded AWS and wait until it answers."""
    # Functions' code is unpacked here, and remains if the process is killed.
    temporary = settings.embedded_aws / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    process = embedded_aws(settings)
    process.log.unlink(missing_ok=True)
    process.start(
        [settings.tools / "python", "-m", "local.embedded_aws"],
        environment=_environment(settings, region=region),
        working_folder=settings.checkout,
    )
    deadline = time.monotonic() + _START_S
    while not answers(settings):
        if process.find() is None:
            raise PlatformError(f"The embedded AWS ended at once:\n{tail(process.log, 15)}\nIts log: {process.log}")
        if time.monotonic() > deadline:
            raise PlatformError(f"The embedded AWS did not answer within {_START_S} s. Its log: {process.log}")
        time.sleep(0.1)


def loss(settings: Settings) -> str | None:
    """Name the changes that are lost because the embedded AWS ended without a stop; None if none are."""
    state = SavedState(settings.embedded_aws)
    if not state.crashed or embedded_aws(settings).find() is not None:
        return None
    since = state.saved_at
    return f"all changes after {since.astimezone():%Y-%m-%d %H:%M:%S}" if since else "all data"


def knows_the_key(settings: Settings) -> bool:
    """Return True unless the running process began before its administrator's key was made."""
    process = embedded_aws(settings).find()
    try:
        made_at = settings.access_key_file.stat().st_mtime
    except FileNotFoundError:
        return False
    return process is None or process.create_time() > made_at - _CLOCKS_DIFFER_S


def ask_for_checkpoint(settings: Settings) -> None:
    """Let the running embedded AWS write its state soon."""
    process = embedded_aws(settings).find()
    if process is not None:
        process.send_signal(signal.SIGUSR1)


def answers(settings: Settings) -> bool:
    """Return True if this platform's embedded AWS answers; its certificate identifies it."""
    url = f"{settings.aws_endpoint_url}/_ministack/health"
    return status_of(url, ca_file=settings.ca_file) == HTTPStatus.OK


@lru_cache
def client(service: str, settings: Settings, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """Make a client as the account's administrator, independent of the user's own AWS profile."""
    key = administrator(settings)
    session: Any = boto3.Session(
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        region_name=region,
    )
    return session.client(
        service,
        endpoint_url=settings.aws_endpoint_url,
        verify=str(settings.ca_file),
        config=Config(proxies={}, retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=60),
    )


def _environment(settings: Settings, *, region: str) -> dict[str, str]:
    state, key = settings.embedded_aws, administrator(settings)
    return {
        **base_environment(settings),
        "HOME": str(state),
        "TMPDIR": str(state / "tmp"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
        "GATEWAY_PORT": str(settings.aws_port),
        "BIND_HOST": "127.0.0.1",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # MiniStack removes containers that look like its own; it finds none through a path that does not exist.
        "DOCKER_HOST": f"unix://{state}/no-docker.sock",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": region,
        "AUTH": "true",
        "CLOUDTRAIL_RECORDING": "1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(settings.certificates / f"{CERTIFICATE}.pem"),
        "MINISTACK_SSL_KEY": str(settings.certificates / f"{CERTIFICATE}.key"),
        # Invocations that wait for a process count as concurrent; AWS's own limit is 1000.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        "EMBEDDED_AWS_ACCESS_KEY_ID": key.access_key_id,
        "EMBEDDED_AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "EMBEDDED_AWS_ORIGINS": f"{settings.gateway_url} {settings.aws_endpoint_url}",
        "EMBEDDED_AWS_ENDPOINT_URL": settings.aws_endpoint_url,
        "EMBEDDED_AWS_CA_FILE": str(settings.ca_file),
        "EMBEDDED_AWS_STATE": str(state),
        "EMBEDDED_AWS_EXTENSIONS_FILE": str(state / "extensions.json"),
        **({"EMBEDDED_AWS_CALLS_FILE": str(settings.calls_file)} if settings.records_calls else {}),
    }
