"""The resources of an environment, synthesized in this process without bundles and images.

The templates are those of `cdk deploy`, except for the digests of assets.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cdk.settings.environment import Environment
from cdk.settings.manifests import load_manifests


class Resources:
    """The resources of an environment's templates.

    Args:
        templates: The CloudFormation templates of all its stacks.
    """

    def __init__(self, templates: Iterable[Mapping[str, Any]]) -> None:
        self._all = [each for template in templates for each in template.get("Resources", {}).values()]

    def of_type(self, resource_type: str) -> list[Mapping[str, Any]]:
        """Return the properties of every resource of a type."""
        return [each.get("Properties", {}) for each in self._all if each["Type"] == resource_type]

    def count(self, resource_type: str) -> int:
        """Count the resources of a type."""
        return len(self.of_type(resource_type))

    @property
    def types(self) -> frozenset[str]:
        """The types that exist."""
        return frozenset(each["Type"] for each in self._all)


def synthesize(environment: Environment) -> Resources:
    """Synthesize the stacks of an environment; this takes several seconds.

    Raises:
        ConfigurationError: With every problem of the manifests.
    """
    # Deprecation warnings of the CDK concern only developers of the stacks.
    os.environ.setdefault("JSII_DEPRECATED", "quiet")
    # The CDK takes seconds to load, and no other command needs it.
    from cdk.synthesis import app_without_code  # noqa: PLC0415 - see above

    with tempfile.TemporaryDirectory() as temporary:
        assembly = app_without_code(Path(temporary), [environment], load_manifests()).synth()
        return Resources([json.loads(Path(stack.template_full_path).read_text("utf-8")) for stack in assembly.stacks])
