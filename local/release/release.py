"""`make release`: publish the present code of one service as a canary, show it, and take it back on Ctrl-C."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cdk.settings.environment import load_environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from functions.shared.interface.names import ALIAS
from local.deployment import Deployment
from local.embedded_aws_process import answers, client, embedded_aws
from local.errors import PlatformError
from local.release.display import Display
from local.release.progress import FunctionRelease, ReleaseProgress
from local.release.requests import requested
from local.settings import Settings
from operate.releases.failure import causes_of_failure
from operate.target import Target

_REAL_MINUTE_S = 60.0
_LOOK_S = 0.4


class Release:
    """A release of one service.

    Args:
        settings: The platform.
        service: The service's name.
        minute_s: How long a minute of the canary and its alarms takes; 60 by default.
    """

    def __init__(self, settings: Settings, *, service: str, minute_s: float = _REAL_MINUTE_S) -> None:
        if not 0 < minute_s <= _REAL_MINUTE_S:
            raise PlatformError(f"fast={minute_s:g}: a minute takes more than 0 and at most 60 seconds.")
        environment = load_environment(settings.environment)
        self._settings = settings
        self._region = environment.region
        self._manifest = _manifest(service)
        self._name = f"{environment.prefix}-{service}"
        self._minute_s = minute_s
        self._stop_asked = False

    def run(self, display: Display) -> bool:
        """Release; return True if the new version has all traffic, False if it was taken back.

        Raises:
            PlatformError: The platform does not run, or the code could not be deployed at all.
        """
        if not answers(self._settings):
            raise PlatformError("The platform does not run. Start it with `make up`.")
        with display, requested(self._client("ssm"), self._name, minute_s=self._minute_s):
            self._put_back_live_reloads(display)
            began_at = datetime.now(UTC)
            progress = ReleaseProgress(
                self._client("codedeploy"),
                self._client("cloudwatch"),
                application=self._name,
                since=began_at,
                minute_s=self._minute_s,
            )
            display.say(f"Building and publishing {self._manifest.service}.")
            deploying = _Deploying(self._deployment(), self._name, log=f"release-{self._manifest.service}.log")
            deploying.start()
            try:
                self._follow(deploying, progress, display)
            except KeyboardInterrupt:
                display.say("Taking the release back.")
                self._stop_asked = True
                self._follow(deploying, progress, display)
            return self._outcome(deploying, progress.read(), display, began_at)

    def _follow(self, deploying: "_Deploying", progress: ReleaseProgress, display: Display) -> None:
        while deploying.is_alive():
            deploying.join(_LOOK_S)
            try:
                display.show(progress.read())
                if self._stop_asked:
                    self._stop(progress.running())
            except (BotoCoreError, ClientError) as error:
                if embedded_aws(self._settings).find() is None:
                    # The CDK would ask for minutes whether it is back.
                    deploying.given_up.set()
                    deploying.join()
                    raise PlatformError(
                        "The platform ended during the release. `make up` starts it with the old version."
                    ) from error
        display.show(progress.read())

    def _stop(self, deployments: list[str]) -> None:
        for deployment_id in deployments:
            # It may have ended since.
            with contextlib.suppress(self._client("codedeploy").exceptions.DeploymentAlreadyCompletedException):
                self._client("codedeploy").stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)

    def _outcome(
        self, deploying: "_Deploying", functions: list[FunctionRelease], display: Display, began_at: datetime
    ) -> bool:
        service = self._manifest.service
        if deploying.failure is None:
            if functions:
                display.say(f"✔ {service} is released: the new versions have all traffic.")
            else:
                display.say(f"✔ {service} has no new code: nothing to release.")
            return True
        if not functions:
            raise deploying.failure
        # The same explanation as that of `make deploy`.
        target = Target(self._settings.environment, {"PLATFORM_HOME": str(self._settings.home)})
        causes = causes_of_failure(target, [self._name], since=began_at)
        display.say("\n".join([f"✘ {service} was taken back: the old versions have all traffic.", *causes]))
        return False

    def _put_back_live_reloads(self, display: Display) -> None:
        """Let each alias lead to the version that CloudFormation knows: CodeDeploy releases only from there."""
        aws = self._client("lambda")
        for function, version in self._deployed_versions():
            alias = aws.get_alias(FunctionName=function, Name=ALIAS)
            if alias["FunctionVersion"] != version or alias.get("RoutingConfig"):
                display.say(f"{function}: back from version {alias['FunctionVersion']} to {version}, the deployed one.")
                aws.update_alias(
                    FunctionName=function,
                    Name=ALIAS,
                    FunctionVersion=version,
                    RoutingConfig={"AdditionalVersionWeights": {}},
                )

    def _deployed_versions(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the version of each function, as CloudFormation deployed it."""
        try:
            pages = self._client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self._name)
            for page in pages:
                for resource in page["StackResourceSummaries"]:
                    if resource["ResourceType"] == "AWS::Lambda::Version":
                        function, version = resource["PhysicalResourceId"].rsplit(":", 2)[1:]
                        yield function, version
        except ClientError as error:
            raise PlatformError(f"{self._manifest.service} is not deployed yet. Run `make up` first.") from error

    def _deployment(self) -> Deployment:
        return Deployment(self._settings, region=self._region, assembly=f"cdk.out-{self._manifest.service}")

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        return client(service, self._settings, self._region)


class _Deploying(threading.Thread):
    """The deployment of the stack, which ends when CloudFormation has updated it or rolled it back."""

    def __init__(self, deployment: Deployment, stack: str, *, log: str) -> None:
        super().__init__(name=f"deploying-{stack}", daemon=True)
        self.failure: Exception | None = None
        self.given_up = threading.Event()
        self._deployment = deployment
        self._stack = stack
        self._log = log

    def run(self) -> None:
        """Deploy; keep the failure, if any."""
        try:
            self._deployment.deploy_only(self._stack, log=self._log, given_up=self.given_up)
        except Exception as error:  # noqa: BLE001 - the thread that waits raises it
            self.failure = error


def _manifest(service: str) -> Manifest:
    manifests = {manifest.service: manifest for manifest in load_manifests()}
    if service not in manifests:
        given = f"There is no service '{service}'." if service else "Name a service: `make release service=users`."
        raise PlatformError(f"{given} The services are: {', '.join(sorted(manifests))}")
    return manifests[service]
