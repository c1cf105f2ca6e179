"""Puts a service's saved code live: the bundle, a new version of each function, the alias moved to it."""

from dataclasses import dataclass

from cdk.bundle import build_bundle
from cdk.environment import load_environment
from cdk.manifest import Manifest
from local.embedded_aws_process import client
from local.settings import Settings

ALIAS = "live"
# Versions so marked are this module's own, and dropped when the next one is live.
_DESCRIPTION = "live reload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloader:
    """Reloads services of one platform."""

    settings: Settings
    region: str

    def reload(self, manifest: Manifest) -> None:
        """Build and publish.

        Raises:
            BundleError: The code does not compile; what was live stays so.
        """
        environment = load_environment(self.settings.environment)
        code = build_bundle(manifest, architecture=environment.architecture).read_bytes()
        # What answers requests comes first.
        for name in sorted(manifest.functions, key=lambda name: manifest.functions[name].trigger != "http"):
            self._publish(f"{environment.prefix}-{manifest.service}-{name}", code)

    def _publish(self, function: str, code: bytes) -> None:
        aws = client("lambda", self.settings, self.region)
        before = aws.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"]
        aws.update_function_code(FunctionName=function, ZipFile=code)
        published = aws.publish_version(FunctionName=function, Description=_DESCRIPTION)["Version"]
        if published == before:
            return
        aws.update_alias(FunctionName=function, Name=ALIAS, FunctionVersion=published)
        described = aws.get_function_configuration(FunctionName=function, Qualifier=before)
        if described.get("Description") == _DESCRIPTION:
            aws.delete_function(FunctionName=function, Qualifier=before)
