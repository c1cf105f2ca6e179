"""Synthesized templates, read by type and property."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest

type Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    content: Json

    def resources(self, resource_type: str) -> list[Json]:
        """List the properties of every resource of a type."""
        return [
            resource.get("Properties", {})
            for resource in self.content["Resources"].values()
            if resource["Type"] == resource_type
        ]

    def only(self, resource_type: str, **properties: Any) -> Json:
        """Return the properties of the only resource of a type with these properties."""
        matches = [
            resource
            for resource in self.resources(resource_type)
            if all(resource.get(key) == value for key, value in properties.items())
        ]
        assert len(matches) == 1, f"{len(matches)} resources of {resource_type} with {properties}"
        return matches[0]

    def whole(self, resource_type: str) -> list[Json]:
        """List every resource of a type, including its deletion policies."""
        return [resource for resource in self.content["Resources"].values() if resource["Type"] == resource_type]

    def logical_id(self, resource_type: str, **properties: Any) -> str:
        """Return the logical id of the only resource of a type with these properties."""
        wanted = self.only(resource_type, **properties)
        resources: Json = self.content["Resources"]
        return next(name for name, resource in resources.items() if resource.get("Properties") == wanted)

    def granted(self, role_description: str) -> Json:
        """Map each action that the role with this description may call to its resource, or to a list of several."""
        role = {"Ref": self.logical_id("AWS::IAM::Role", Description=role_description)}
        found: Json = {}
        for policy in self.resources("AWS::IAM::Policy"):
            for statement in policy["PolicyDocument"]["Statement"] if role in policy["Roles"] else []:
                for action in actions(statement):
                    found.setdefault(action, []).append(statement["Resource"])
        return {action: on[0] if len(on) == 1 else on for action, on in found.items()}

    def variables(self, function_name: str) -> Json:
        """Return the environment variables of a function."""
        variables: Json = self.only("AWS::Lambda::Function", FunctionName=function_name)["Environment"]["Variables"]
        return variables

    def function(self, name: str) -> Json:
        """Return a reference to a function, as in other resources."""
        return {"Ref": self.logical_id("AWS::Lambda::Function", FunctionName=name)}


@dataclass(frozen=True)
class Assembly:
    """The output of `cdk synth`."""

    folder: Path

    def stack(self, name: str) -> Template:
        """Read the template of a stack."""
        return _read(self.folder / f"{name}.template.json")

    def stacks(self) -> dict[str, Template]:
        """Read all templates."""
        suffix = ".template.json"
        names = sorted(file.name.removesuffix(suffix) for file in self.folder.glob(f"*{suffix}"))
        return {name: self.stack(name) for name in names}


class Synthesize(Protocol):
    """Synthesizes services, by default in all environments."""

    def __call__(self, manifests: Sequence[Manifest], environments: Sequence[Environment] = ()) -> Assembly: ...


@cache
def _read(file: Path) -> Template:
    return Template(json.loads(file.read_text("utf-8")))


def actions(statement: Json) -> list[str]:
    """List a statement's actions."""
    named = statement["Action"]
    return [named] if isinstance(named, str) else named


def allowed(template: Template) -> Iterator[Json]:
    """Yield all statements that allow something, of roles, queues and every other resource."""
    for resource in template.content["Resources"].values():
        yield from (item for item in _statements(resource) if item["Effect"] == "Allow")


def _statements(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        for value in node.values():
            yield from _statements(value)
    elif isinstance(node, list):
        for value in node:
            yield from _statements(value)
