"""The environment that a command works on: its names, its manifests and its AWS clients."""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from cdk.settings.environment import Environment, load_environment
from cdk.settings.manifest import Function, Manifest
from cdk.settings.manifests import load_manifests
from operate.errors import OperateError, UsageError

CHECKOUT = Path(__file__).resolve().parents[1]
LOCAL = "local"


class Target:
    """One deployed environment: `local` is on this machine, every other on AWS, with the shell's credentials.

    Args:
        name: The name of a file in `cdk/environments/`.
        variables: Environment variables. `PLATFORM_HOME` is the folder with the running local platform's description.
        clients: AWS clients to use instead of new ones, by service.
    """

    def __init__(
        self, name: str, variables: Mapping[str, str] = os.environ, *, clients: Mapping[str, Any] | None = None
    ) -> None:
        self.environment: Environment = load_environment(name)
        self._home = (CHECKOUT / variables.get("PLATFORM_HOME", ".local")).resolve()
        self._clients: dict[str, Any] = dict(clients or {})

    @property
    def is_local(self) -> bool:
        """True for the platform on this machine."""
        return self.environment.name == LOCAL

    @cached_property
    def manifests(self) -> Mapping[str, Manifest]:
        """The services of this checkout, by name."""
        return {manifest.service: manifest for manifest in load_manifests()}

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """The running local platform's description of itself.

        Raises:
            OperateError: The platform is not running.
        """
        file = self._home / "platform.json"
        try:
            described: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except FileNotFoundError as error:
            raise OperateError(f"The local platform is not running: {file} is missing. Run: make up") from error
        return described

    def manifest(self, service: str) -> Manifest:
        """Return a service's manifest.

        Raises:
            UsageError: The service does not exist.
        """
        if service not in self.manifests:
            raise UsageError(f"There is no service {service!r}. The services are: {', '.join(self.manifests)}.")
        return self.manifests[service]

    def function(self, service: str, name: str) -> Function:
        """Return the manifest's section of a function.

        Raises:
            UsageError: The service or the function does not exist.
        """
        functions = self.manifest(service).functions
        if name not in functions:
            raise UsageError(f"{service} has no function {name!r}. Its functions are: {', '.join(functions)}.")
        return functions[name]

    def name_of(self, *parts: str) -> str:
        """Return the name of a deployed resource: `platform-dev-users-relay`."""
        return "-".join((self.environment.prefix, *parts))

    def outputs(self, stack: str) -> Mapping[str, str]:
        """Return the outputs of one of the environment's stacks, such as `identity`."""
        found = self.client("cloudformation").describe_stacks(StackName=self.name_of(stack))["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", ())}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 creates its clients at run time
        """Return the client of an AWS service in this environment; the first call creates it.

        Each command gets its clients here, so none works in an account that the environment's file does not name.

        Raises:
            OperateError: The environment belongs to another account.
        """
        if service != "sts" and self.environment.account is not None and not self.is_local:
            self.account  # noqa: B018 - the property raises
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        return self._clients[service]

    @cached_property
    def account(self) -> str:
        """The AWS account of the credentials.

        Raises:
            OperateError: The environment belongs to another account.
        """
        found = str(self.client("sts").get_caller_identity()["Account"])
        expected = self.environment.account
        if expected is not None and found != expected:
            raise OperateError(
                f"The credentials are for account {found}, but {self.environment.name} is in account {expected}."
                " Sign in to that account."
            )
        return found

    def _make_client(self, service: str) -> Any:  # noqa: ANN401 - see client
        config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60)
        if not self.is_local:
            return boto3.client(service, region_name=self.environment.region, config=config)
        return boto3.client(
            service,
            endpoint_url=self.described["aws_endpoint_url"],
            region_name=self.described["region"],
            verify=self.described["ca_file"],
            aws_access_key_id=self.described["access_key_id"],
            aws_secret_access_key=self.described["secret_access_key"],
            config=config.merge(Config(proxies={})),
        )
