"""What would be deployed: the stacks of an environment, synthesized in this process without its bundles or its image.

The templates are those of `cdk deploy` but for the digests of assets, which say nothing of what there will be.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests

type Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack of an environment.

    Attributes:
        name: On AWS, such as `platform-dev-users`.
        region: Where it is deployed.
        template: As CloudFormation gets it.
        is_protected: Whether CloudFormation refuses to delete it.
        bootstrap_parameter: The SSM parameter that holds the version of the region's bootstrap.
        bootstrap_version: The least that the stack needs.
        needs_docker: Whether its deployment builds an image.
    """

    name: str
    region: str
    template: Mapping[str, Any]
    is_protected: bool = False
    bootstrap_parameter: str | None = None
    bootstrap_version: int = 0
    needs_docker: bool = False

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Its resources by logical id."""
        found: Mapping[str, Resource] = self.template.get("Resources", {})
        return found

    def of_type(self, *resource_types: str) -> Mapping[str, Resource]:
        """Return its resources of these types by logical id."""
        return {name: each for name, each in self.resources.items() if each["Type"] in resource_types}


def synthesize(environment: Environment, manifests: Sequence[Manifest] | None = None) -> tuple[Stack, ...]:
    """Synthesize the stacks of an environment, each after those that it needs.

    Raises:
        ConfigurationError: With every problem of the manifests and of how they fit together.
    """
    # What the CDK's own library says of its methods is for who changes the stacks.
    os.environ.setdefault("JSII_DEPRECATED", "quiet")
    # Starting the CDK takes seconds, which no other command waits for.
    from cdk.synthesis import app_without_code  # noqa: PLC0415

    services = load_manifests() if manifests is None else manifests
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        assembly = app_without_code(folder, [environment], services).synth()
        return tuple(
            Stack(
                name=stack.stack_name,
                region=stack.environment.region,
                template=json.loads(Path(stack.template_full_path).read_text("utf-8")),
                is_protected=bool(stack.termination_protection),
                bootstrap_parameter=stack.bootstrap_stack_version_ssm_parameter,
                bootstrap_version=int(stack.requires_bootstrap_stack_version or 0),
                needs_docker=_builds_images(folder / "cdk.out" / f"{stack.stack_name}.assets.json"),
            )
            for stack in assembly.stacks
        )


def _builds_images(assets: Path) -> bool:
    return bool(json.loads(assets.read_text("utf-8")).get("dockerImages"))
