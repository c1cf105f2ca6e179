"""Live reload: build the bundle, publish a version of each function, move the alias to it, warm a process."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cdk.bundles.bundle import build_bundles
from cdk.settings.environment import load_environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS
from local import code_objects
from local.embedded_aws_process import client
from local.health import health
from local.settings import Settings

# The mark of versions of this module, which it deletes when the next one is live.
_DESCRIPTION = "live reload"


class Reloader:
    """Reloads services of one platform."""

    def __init__(self, settings: Settings, *, region: str) -> None:
        self._settings = settings
        self._region = region

    def reload(self, manifests: Sequence[Manifest]) -> None:
        """Publish the saved code; on return, the next request runs it.

        Raises:
            BundleError: The code does not compile; the previous version stays live.
        """
        environment = load_environment(self._settings.environment)
        bundles = build_bundles(manifests, architecture=environment.architecture)
        functions = [
            (manifest, name, function) for manifest in manifests for name, function in manifest.functions.items()
        ]
        code: dict[str, dict[str, str]] = {}
        # Functions that answer requests come first, and start while the rest is published.
        with ThreadPoolExecutor() as pool:
            for manifest, name, function in sorted(functions, key=lambda each: each[2].trigger != "http"):
                key = manifest.bundle_key(function.bundle)
                # A bundle is uploaded once for all functions that run it.
                code[key] = code.get(key) or self._upload(key, bundles[key])
                self._publish(f"{environment.prefix}-{manifest.service}-{name}", code[key])
                if function.trigger == "http" and manifest.http:
                    pool.submit(health, self._settings, {manifest.service: manifest.http.path})

    def _upload(self, key: str, bundle: Path) -> dict[str, str]:
        place = {"S3Bucket": code_objects.bucket_of(self._region), "S3Key": code_objects.reloaded_key(key)}
        s3 = self._client("s3")
        s3.put_object(Bucket=place["S3Bucket"], Key=place["S3Key"], Body=bundle.read_bytes())
        code_objects.delete_reloaded_before(s3, self._region, place["S3Key"])
        return place

    def _publish(self, function: str, code: dict[str, str]) -> None:
        aws = self._client("lambda")
        before = aws.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
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
