"""Deploys the stacks to the embedded AWS with the real CDK: bootstrap once, then `cdk deploy --all`."""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore.exceptions import ClientError

from local.child_environment import ACCOUNT, aws_environment, base_environment
from local.command import run
from local.embedded_aws_process import client
from local.progress import Step
from local.settings import Settings

# What the stacks are made from; a change of any of it needs a deployment.
_INPUTS = ("app.py", "cdk.json", "requirements.txt", "package-lock.json", "cdk", "events", "functions")
_IGNORED = {"__pycache__", ".DS_Store"}
_TOOLKIT = "CDKToolkit"
_EVENT = re.compile(r"^(?P<stack>[\w-]+) \|\s*(?P<done>\d+)/(?P<all>\d+) \|.*\| (?P<state>\w+)\s*\| (?P<type>[\w:]+)")


def fingerprint(settings: Settings) -> str:
    """Hash everything that the deployment is made from."""
    digest = hashlib.sha256()
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

    def __init__(self, settings: Settings, *, region: str) -> None:
        self._settings = settings
        self._region = region
        self._assembly = settings.home / "cdk.out"
        self._log = settings.logs / "deploy.log"
        self._environment = {
            **base_environment(settings),
            **aws_environment(settings, region=region),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": region,
            "CI": "true",
        }
        # The record lives in the embedded AWS: lost with what was deployed, never left over.
        self._record = f"/platform/{settings.environment}/deployed"

    def recorded(self) -> str | None:
        """Tell the fingerprint of what is deployed; None when that is unknown or unfinished."""
        try:
            parameter = client("ssm", self._settings, self._region).get_parameter(Name=self._record)
        except ClientError:
            return None
        return str(parameter["Parameter"]["Value"])

    def forget(self) -> None:
        """Drop the record before anything changes, so that an interruption leaves none."""
        try:
            client("ssm", self._settings, self._region).delete_parameter(Name=self._record)
        except ClientError:
            return

    def deploy(self, step: Step) -> None:
        """Synthesize, bootstrap where that has not been done, deploy every stack, and record it."""
        before = fingerprint(self._settings)
        self.forget()
        self._log.unlink(missing_ok=True)
        self._delete_unfinished()
        with ThreadPoolExecutor(1) as other:
            bootstrapped = other.submit(self._bootstrap)
            step.say("synthesizing")
            self._cdk(
                "synth", "--quiet", "--output", self._assembly, "--context", f"environment={self._settings.environment}"
            )
            step.say("bootstrapping")
            bootstrapped.result()
        done: dict[str, str] = {}

        def show(line: str) -> None:
            event = _EVENT.match(line)
            if event:
                done[event["stack"]] = f"{event['done']}/{event['all']}"
            step.say(" · ".join(f"{stack} {count}" for stack, count in done.items()) or line[:100])

        self._cdk(
            "deploy",
            "--all",
            "--app",
            self._assembly,
            "--require-approval",
            "never",
            "--concurrency",
            "4",
            "--progress",
            "events",
            on_line=show,
        )
        client("ssm", self._settings, self._region).put_parameter(
            Name=self._record, Value=before, Type="String", Overwrite=True
        )

    def _cdk(self, *arguments: str | Path, **options: object) -> None:
        cdk = self._settings.checkout / "node_modules" / ".bin" / "cdk"
        run(
            [cdk, *arguments, "--no-notices"],
            environment=self._environment,
            working_folder=self._settings.checkout,
            log=self._log,
            **options,  # type: ignore[arg-type]
        )

    def _bootstrap(self) -> None:
        if self._stack_status(_TOOLKIT) in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        run(
            [
                self._settings.checkout / "node_modules" / ".bin" / "cdk",
                "bootstrap",
                f"aws://{ACCOUNT}/{self._region}",
                "--no-notices",
            ],
            environment=self._environment,
            # Away from cdk.json: the application is being synthesized already.
            working_folder=self._settings.home,
            log=self._settings.logs / "bootstrap.log",
        )

    def _stack_status(self, name: str) -> str | None:
        try:
            stacks = client("cloudformation", self._settings, self._region).describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return None
        return str(stacks[0]["StackStatus"])

    def _delete_unfinished(self) -> None:
        """Delete stacks whose creation an earlier run broke off: they hold no data, and nobody works on them."""
        cloudformation = client("cloudformation", self._settings, self._region)
        for stack in cloudformation.describe_stacks()["Stacks"]:
            if stack["StackStatus"] in {
                "CREATE_IN_PROGRESS",
                "CREATE_FAILED",
                "ROLLBACK_COMPLETE",
                "ROLLBACK_FAILED",
                "ROLLBACK_IN_PROGRESS",
            }:
                cloudformation.delete_stack(StackName=stack["StackName"])
                cloudformation.get_waiter("stack_delete_complete").wait(
                    StackName=stack["StackName"], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
                )
