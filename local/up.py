"""`make up`: start and deploy the platform from any state of the machine; each step skips finished work."""

import contextlib
from collections.abc import Iterator

from cdk.settings.environment import load_environment
from cdk.settings.manifests import load_manifests
from local import embedded_aws_process, gateway, platform_file, preflight, summary
from local.certificates import ensure_certificates
from local.demo_identities import DemoIdentities
from local.deployment import Deployment
from local.exclusive import exclusive
from local.function_starts import StartFailure, live_versions, start_all
from local.health import service_paths, wait_until_healthy
from local.ports import last_ports, remember_ports
from local.progress import Progress
from local.reload import Reloader
from local.settings import Settings
from local.stacks import Stack, list_stacks

_AWS_PORTS = ("aws_port",)
_GATEWAY_PORTS = ("https_port", "http_port", "traefik_port")


class Platform:
    """The start of one platform."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self.region = load_environment(settings.environment).region
        self._started: list[str] = []
        self._failures: list[StartFailure] = []

    def up(self) -> bool:
        """Start, deploy and check everything, then print a summary; return False if a function does not start."""
        # The CDK would find a wrong manifest only after seconds, and wrap the message.
        load_manifests()
        preflight.check_tools(self._settings, warn=self._progress.say)
        preflight.check_disk(self._settings.home)
        # Check the ports of all parts first: nothing that runs is stopped for ports that cannot be had.
        preflight.check_ports(self._settings, self._new_ports())
        remember_ports(self._settings.home, self._settings.ports)
        with self._started_is_stopped_on_interrupt():
            self._start_embedded_aws()
            stacks = self.deploy()
            with self._progress.step("demo identities") as step:
                if not DemoIdentities(self._settings, stacks, region=self.region).ensure():
                    step.note = "unchanged"
            self._start_gateway(stacks)
            paths = service_paths()
            with self._progress.step("services") as step:
                wait_until_healthy(self._settings, self._without_failed(paths), step)
        platform_file.write(self._settings, stacks, region=self.region)
        embedded_aws_process.ask_for_checkpoint(self._settings)
        found = summary.kinds(stacks, summary.declared_stand_ins(self._settings))
        self._progress.say(summary.render(self._settings, found, paths))
        self._say_failures()
        return not self._failures

    def _new_ports(self) -> Iterator[str]:
        """Yield the ports that this platform does not listen on yet."""
        last = last_ports(self._settings.home) or self._settings.ports
        for process, names in (
            (embedded_aws_process.embedded_aws(self._settings), _AWS_PORTS),
            (gateway.process(self._settings), _GATEWAY_PORTS),
        ):
            runs = process.find() is not None
            yield from (name for name in names if not runs or self._settings.ports[name] != last.get(name))

    def deploy(self) -> tuple[Stack, ...]:
        """Deploy unless the current sources are deployed; return the stacks."""
        load_manifests()
        deployment = Deployment(self._settings, region=self.region)
        with self._progress.step("stacks") as step:
            if deployment.is_current:
                step.note = "unchanged"
            else:
                deployment.deploy(step)
                if deployment.was_reloaded:
                    # CloudFormation does not update code that it believes to be deployed.
                    Reloader(self._settings, region=self.region).publish(load_manifests())
                    deployment.forget_reload()
            stacks = list_stacks(self._settings, self.region)
        self._start_functions(deployment)
        return stacks

    def redeploy(self) -> None:
        """Deploy again, and update the gateway's routes, while everything runs."""
        with exclusive(self._settings):
            stacks = self.deploy()
            DemoIdentities(self._settings, stacks, region=self.region).ensure()
            self._start_gateway(stacks)
            platform_file.write(self._settings, stacks, region=self.region)
            embedded_aws_process.ask_for_checkpoint(self._settings)
        self._say_failures()

    def _start_functions(self, deployment: Deployment) -> None:
        """Start the functions that answer requests, and new versions of the others to see whether they start."""
        with self._progress.step("functions") as step:
            functions = [
                (manifest.service, name, function.trigger == "http")
                for manifest in load_manifests()
                for name, function in manifest.functions.items()
            ]
            versions = live_versions(self._settings, self.region, [each[:2] for each in functions])
            known = deployment.started
            to_start = [each[:2] for each in functions if each[2] or versions[each[:2]] not in known]
            self._failures = start_all(self._settings, self.region, to_start)
            failed = {(failure.service, failure.function) for failure in self._failures}
            deployment.note_started(version for named, version in versions.items() if named not in failed)
            if self._failures:
                step.note = f"not all start: {', '.join(failure.name for failure in self._failures)}"

    def _without_failed(self, paths: dict[str, str]) -> dict[str, str]:
        """Leave out the services that cannot answer because their HTTP function does not start."""
        failed = {failure.name for failure in self._failures}
        http = ((each.service, name) for each in load_manifests() for name in each.functions_of("http"))
        silent = {service for service, name in http if f"{service}/{name}" in failed}
        return {service: path for service, path in paths.items() if service not in silent}

    def _say_failures(self) -> None:
        for failure in self._failures:
            self._progress.say(f"\n{failure}")

    def _start_embedded_aws(self) -> None:
        leaves = (embedded_aws_process.CERTIFICATE, gateway.CERTIFICATE)
        renewed = ensure_certificates(self._settings.certificates, leaves)
        process = embedded_aws_process.embedded_aws(self._settings)
        renewed = renewed or not embedded_aws_process.knows_the_key(self._settings)
        self._say_what_is_lost()
        with self._progress.step("embedded AWS") as step:
            if process.find() and not renewed and embedded_aws_process.answers(self._settings):
                step.note = "running"
                return
            # A process may be left over from a run that crashed.
            process.stop(grace_s=embedded_aws_process.STOP_S)
            preflight.check_ports(self._settings, _AWS_PORTS)
            self._started.append("aws")
            embedded_aws_process.start(self._settings, region=self.region)

    def _say_what_is_lost(self) -> None:
        if lost := embedded_aws_process.loss(self._settings):
            self._progress.say(f"! The embedded AWS ended without `make down`. Lost: {lost}.")

    def _start_gateway(self, stacks: tuple[Stack, ...]) -> None:
        with self._progress.step("gateway") as step:
            if not gateway.configure(self._settings, stacks) and gateway.answers(self._settings):
                step.note = "running"
                return
            gateway.process(self._settings).stop(grace_s=gateway.STOP_S)
            preflight.check_ports(self._settings, _GATEWAY_PORTS)
            self._started.append("gateway")
            gateway.start(self._settings)

    @contextlib.contextmanager
    def _started_is_stopped_on_interrupt(self) -> Iterator[None]:
        """After Ctrl-C, stop only the parts that this run started."""
        try:
            yield
        except KeyboardInterrupt:
            with self._progress.step("stop started parts"):
                if "gateway" in self._started:
                    gateway.process(self._settings).stop(grace_s=gateway.STOP_S)
                if "aws" in self._started:
                    process = embedded_aws_process.embedded_aws(self._settings)
                    process.stop(grace_s=embedded_aws_process.STOP_S)
            raise
