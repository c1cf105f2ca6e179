"""The deployment of the stacks to the embedded AWS, with the real CDK: bootstrap once, then `cdk deploy --all`."""

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.child_environment import aws_environment, base_environment, download_environment
from local.code_objects import delete_deployed_before
from local.command import run
from local.credentials import ACCOUNT
from local.embedded_aws_process import client
from local.progress import Step
from local.release.requests import forget_all
from local.settings import Settings

# The sources of the stacks; a change of any of them needs a deployment.
_INPUTS = ("app.py", "cdk.json", "requirements.txt", "package-lock.json", "cdk", "events", "functions")
_IGNORED = {"__pycache__", ".DS_Store"}
_TOOLKIT = "CDKToolkit"
# The states after an interrupted or failed creation: such stacks hold no data, and no deployment changes them.
_UNFINISHED = {"CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE"}
_DEPLOY = ("deploy", "--all", "--require-approval", "never", "--concurrency", "4", "--progress", "events")
_EVENT = re.compile(r"^(?P<stack>[\w-]+) \|\s*(?P<done>\d+)/(?P<all>\d+) \|.*\| (?P<state>\w+)\s*\| (?P<type>[\w:]+)")


def fingerprint(settings: Settings) -> str:
    """Hash the sources of the deployment."""
    digest = hashlib.sha256(settings.gateway_url.encode())
    for path in sorted(_input_files(settings.checkout)):
        digest.update(f"{path.relative_to(settings.checkout)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _input_files(checkout: Path) -> Iterator[Path]:
    for name in _INPUTS:
        start = checkout / name
        for path in [start] if start.is_file() else start.rglob("*"):
            if path.is_file() and not _IGNORED & set(path.parts):
                yield path


class Deployment:
    """The deployment of one platform's stacks."""

    def __init__(self, settings: Settings, *, region: str, assembly: str = "cdk.out") -> None:
        self._settings = settings
        self._region = region
        # Two deployments at the same time need two folders.
        self._assembly = settings.home / assembly
        # The records are in the embedded AWS, so that they are lost together with the deployment.
        self._deployed = f"/platform/{settings.environment}/deployed"
        self._reloaded = f"/platform/{settings.environment}/reloaded"
        self._started = f"/platform/{settings.environment}/started"

    @property
    def is_current(self) -> bool:
        """True if the current sources are completely deployed, and no code was reloaded since."""
        return self._read(self._deployed) == fingerprint(self._settings) and not self.was_reloaded

    @property
    def was_reloaded(self) -> bool:
        """True if functions may run code that CloudFormation does not know."""
        return self._read(self._reloaded) is not None

    def note_reload(self) -> None:
        """Record that functions get code that CloudFormation does not know."""
        self._write(self._reloaded, "since the last deployment")

    def forget_reload(self) -> None:
        """Record that functions run the deployed code."""
        self._remove(self._reloaded)

    @property
    def started(self) -> frozenset[str]:
        """The versions of functions that are known to start, such as `users/api:3`."""
        return frozenset((self._read(self._started) or "").split())

    def note_started(self, versions: Iterable[str]) -> None:
        """Record the versions of functions that start."""
        self._write(self._started, " ".join(sorted(versions)) or "none")

    def deploy(self, step: Step) -> None:
        """Synthesize, bootstrap if needed, deploy every stack, and record the deployment."""
        deployed = fingerprint(self._settings)
        # An interruption must leave no record.
        self._remove(self._deployed)
        (self._settings.logs / "deploy.log").unlink(missing_ok=True)
        # `make up` and `make dev` move aliases at once.
        forget_all(self._client("ssm"))
        self._delete_unfinished()
        # Synthesis only reads the sources, bootstrapping only changes the embedded AWS: they run in parallel.
        with ThreadPoolExecutor(max_workers=1) as other:
            bootstrapped = other.submit(self._bootstrap)
            step.say("synthesizing")
            self._synthesize(step.say)
            step.say("bootstrapping")
            bootstrapped.result()
        counts: dict[str, str] = {}

        def show(line: str) -> None:
            event = _EVENT.match(line)
            if event:
                counts[event["stack"]] = f"{event['done']}/{event['all']}"
            step.say(" · ".join(f"{stack} {count}" for stack, count in counts.items()) or line[:100])

        self._cdk(*_DEPLOY, "--app", self._assembly, environment=self._aws_environment(), on_line=show)
        step.say("deleting the stacks of removed services")
        self._delete_removed()
        delete_deployed_before(self._client("s3"), self._region, self._assembly)
        self._write(self._deployed, deployed)

    def deploy_only(self, stack: str, *, log: str, given_up: threading.Event) -> None:
        """Deploy one stack from the present sources, without the stacks that it reads, unless it is given up.

        Raises:
            CommandError: The CDK failed; if it was during the deployment, CloudFormation has rolled the stack back.
        """
        (self._settings.logs / log).unlink(missing_ok=True)
        self._synthesize(lambda _: None, log=log)
        one = ("deploy", stack, "--exclusively", "--require-approval", "never", "--progress", "events")
        self._cdk(*one, "--app", self._assembly, environment=self._aws_environment(), log=log, given_up=given_up)

    def _synthesize(self, say: Callable[[str], None], *, log: str = "deploy.log") -> None:
        """Write the cloud assembly; uv finds a cached package only with the settings of the index that it came from."""
        self._cdk(
            "synth",
            "--quiet",
            "--output",
            self._assembly,
            "--context",
            f"environment={self._settings.environment}",
            "--context",
            f"origin={self._settings.gateway_url}",
            environment={**download_environment(), **base_environment(self._settings)},
            log=log,
            on_line=lambda line: say(line[:100]),
        )

    def _bootstrap(self) -> None:
        if self._stacks().get(_TOOLKIT) not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            self._cdk(
                "bootstrap",
                f"aws://{ACCOUNT}/{self._region}",
                environment=self._aws_environment(),
                # Not in the folder of cdk.json: there the CDK would synthesize the application again.
                working_folder=self._settings.home,
                log="bootstrap.log",
            )

    def _delete_unfinished(self) -> None:
        self._delete([name for name, status in self._stacks().items() if status in _UNFINISHED])

    def _delete_removed(self) -> None:
        """Delete the stacks of services that have no folder any more; `cdk deploy` leaves them."""
        artifacts = json.loads((self._assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
        kept = {_TOOLKIT, *(name for name, made in artifacts.items() if made["type"] == "aws:cloudformation:stack")}
        self._delete([name for name in self._stacks() if name not in kept])

    def _stacks(self) -> dict[str, str]:
        pages = self._client("cloudformation").get_paginator("describe_stacks").paginate()
        return {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}

    def _delete(self, stacks: Iterable[str]) -> None:
        cloudformation = self._client("cloudformation")
        for name in stacks:
            cloudformation.delete_stack(StackName=name)
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )

    def _cdk(
        self,
        *arguments: str | Path,
        environment: Mapping[str, str],
        working_folder: Path | None = None,
        log: str = "deploy.log",
        on_line: Callable[[str], None] = lambda _: None,
        given_up: threading.Event | None = None,
    ) -> None:
        run(
            [self._settings.checkout / "node_modules" / ".bin" / "cdk", *arguments, "--no-notices"],
            environment={**environment, "CDK_DISABLE_CLI_TELEMETRY": "true", "CI": "true"},
            working_folder=working_folder or self._settings.checkout,
            log=self._settings.logs / log,
            on_line=on_line,
            given_up=given_up,
        )

    def _read(self, record: str) -> str | None:
        try:
            parameter = self._client("ssm").get_parameter(Name=record)
        except ClientError:
            return None
        return str(parameter["Parameter"]["Value"])

    def _write(self, record: str, value: str) -> None:
        self._client("ssm").put_parameter(Name=record, Value=value, Type="String", Overwrite=True)

    def _remove(self, record: str) -> None:
        with contextlib.suppress(ClientError):
            self._client("ssm").delete_parameter(Name=record)

    def _aws_environment(self) -> dict[str, str]:
        return {**base_environment(self._settings), **aws_environment(self._settings, region=self._region)}

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        return client(service, self._settings, self._region)
