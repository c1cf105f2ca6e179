"""Live reload: build the bundle, publish a version of each function, move the alias to it, start a process."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cdk.bundles.bundle import build_bundles
from cdk.settings.environment import load_environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS
from local import code_objects, gateway
from local.background_starts import BackgroundStarts
from local.embedded_aws_process import client
from local.errors import PlatformError
from local.function_starts import AT_ONCE, StartFailure, start
from local.health import health
from local.settings import Settings

# The mark of versions of this module, which it deletes when the next one is live.
_DESCRIPTION = "live reload"
# Traefik waits up to two seconds between two changes of its routes:
# https://doc.traefik.io/traefik/reference/install-configuration/providers/overview/#providers-providersthrottleduration
_CLOSED_WITHIN_S = 5


class Reloader:
    """Reloads services of one platform."""

    def __init__(self, settings: Settings, *, region: str) -> None:
        self._settings = settings
        self._region = region
        self._later = BackgroundStarts(self._start)

    def reload(
        self, manifests: Sequence[Manifest], *, on_failure: Callable[[StartFailure], None]
    ) -> list[StartFailure]:
        """Publish the saved code; on return, the next request runs it.

        Return the functions that answer requests and do not start. The others start afterwards, in the background, and
        `on_failure` is told of each that does not, unless a newer reload of the service has begun meanwhile.

        Raises:
            BundleError: The code does not compile; the previous version stays live.
        """
        answering, others = [], []
        self._later.supersede(manifests)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            for manifest, name in self._publishing(manifests):
                if manifest.functions[name].trigger == "http":
                    answering.append(pool.submit(self._start, manifest, name))
                else:
                    others.append((manifest, name))
        # From here, no start delays a request.
        for manifest, name in others:
            self._later.submit(manifest, name, on_failure)
        return [failure for started in answering if (failure := started.result()) is not None]

    def publish(self, manifests: Sequence[Manifest]) -> None:
        """Publish the saved code without starting it.

        Raises:
            BundleError: As for `reload`.
        """
        for _ in self._publishing(manifests):
            pass

    def close(self) -> None:
        """Cancel the starts that have not begun, and wait for the others."""
        self._later.close()

    def _publishing(self, manifests: Sequence[Manifest]) -> Iterator[tuple[Manifest, str]]:
        """Publish the functions, those that answer requests first; yield each when its alias has moved."""
        environment = load_environment(self._settings.environment)
        bundles = build_bundles(manifests, architecture=environment.architecture)
        functions = [
            (manifest, name, function) for manifest in manifests for name, function in manifest.functions.items()
        ]
        code: dict[str, dict[str, str]] = {}
        for manifest, name, function in sorted(functions, key=lambda each: each[2].trigger != "http"):
            key = manifest.bundle_key(function.bundle)
            # A bundle is uploaded once for all functions that run it.
            code[key] = code.get(key) or self._upload(key, bundles[key])
            self._publish(f"{environment.prefix}-{manifest.service}-{name}", code[key])
            yield manifest, name

    def _start(self, manifest: Manifest, name: str) -> StartFailure | None:
        failure = start(self._settings, self._region, manifest.service, name)
        if failure is None and manifest.http and manifest.functions[name].trigger == "http":
            self._let_through(manifest.service, manifest.http.path)
        return failure

    def _let_through(self, service: str, path: str) -> None:
        """Close the gateway's breaker if the version before failed so often that it opened."""
        asked = partial(health, self._settings, {service: path})
        if asked()[service] != HTTPStatus.SERVICE_UNAVAILABLE:
            return
        gateway.close_breakers(self._settings)
        deadline = time.monotonic() + _CLOSED_WITHIN_S
        while asked()[service] == HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() < deadline:
            time.sleep(0.05)

    def _upload(self, key: str, bundle: Path) -> dict[str, str]:
        place = {"S3Bucket": code_objects.bucket_of(self._region), "S3Key": code_objects.reloaded_key(key)}
        s3 = self._client("s3")
        s3.put_object(Bucket=place["S3Bucket"], Key=place["S3Key"], Body=bundle.read_bytes())
        code_objects.delete_reloaded_before(s3, self._region, place["S3Key"])
        return place

    def _publish(self, function: str, code: dict[str, str]) -> None:
        aws = self._client("lambda")
        alias = aws.get_alias(FunctionName=function, Name=ALIAS)
        if alias.get("RoutingConfig"):
            raise PlatformError(f"A release of {function} runs; save again when it has ended.")
        before = alias["FunctionVersion"]
        aws.update_function_code(FunctionName=function, **code)
        published = aws.publish_version(FunctionName=function, Description=_DESCRIPTION)["Version"]
        if published == before:
            return
        aws.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=published)
        # A deployment moves the alias, too, and leaves the version that was reloaded before it.
        for version in aws.list_versions_by_function(FunctionName=function)["Versions"]:
            if version.get("Description") == _DESCRIPTION and version["Version"] != published:
                aws.delete_function(FunctionName=function, Qualifier=version["Version"])

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        return client(service, self._settings, self._region)
