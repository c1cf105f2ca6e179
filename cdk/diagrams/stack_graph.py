"""The synthesized stacks of one environment as one graph, with the references inside a stack and between stacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource of a stack; its identity is the stack and the logical id."""

    stack: str
    name: str
    type: str = field(compare=False)
    properties: Json = field(compare=False, repr=False)
    metadata: Json = field(compare=False, repr=False, default_factory=dict)


class Stacks:
    """The resources of some stacks.

    Args:
        templates: The template of each stack, by the stack's name.
    """

    def __init__(self, templates: Mapping[str, Json]) -> None:
        self.descriptions = {stack: str(template.get("Description", "")) for stack, template in templates.items()}
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        self._resources = {
            (stack, name): Resource(
                stack, name, resource["Type"], resource.get("Properties", {}), resource.get("Metadata", {})
            )
            for stack, template in templates.items()
            for name, resource in template["Resources"].items()
        }

    def resources(self) -> list[Resource]:
        """List all resources."""
        return list(self._resources.values())

    def of_type(self, resource_type: str, stack: str | None = None) -> list[Resource]:
        """List the resources of a type, in one stack or in all."""
        return [each for each in self.resources() if each.type == resource_type and stack in {None, each.stack}]

    def only(self, resource_type: str) -> Resource:
        """Return the one resource of a type.

        Raises:
            ValueError: There is none, or there are several.
        """
        [found] = self.of_type(resource_type)
        return found

    def resolve(self, stack: str, reference: object) -> Resource | str:
        """Return the resource that a reference in a stack points to, or a literal text unchanged.

        Raises:
            ValueError: The reference points to no resource of these stacks.
        """
        match reference:
            case {"Fn::ImportValue": str(export)} if export in self._exports:
                return self.resolve(*self._exports[export])
            case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)} if (stack, name) in self._resources:
                return self._resources[stack, name]
            case str(text):
                return text
        raise ValueError(f"{stack}: {reference} points to no resource")

    def references_in(self, stack: str, value: object) -> Iterator[Resource]:
        """Yield every resource that a value in a stack refers to, at any depth."""
        match value:
            case {"Fn::ImportValue": str(export)} if export in self._exports:
                yield from self.references_in(*self._exports[export])
            case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)} if (stack, name) in self._resources:
                yield self._resources[stack, name]
            case dict():
                for each in value.values():
                    yield from self.references_in(stack, each)
            case list():
                for each in value:
                    yield from self.references_in(stack, each)
            case _:
                pass

    def dependencies(self) -> list[tuple[str, str]]:
        """List the pairs of a stack and a stack that it imports from, each once, sorted by name."""
        found = {
            (resource.stack, other.stack)
            for resource in self._resources.values()
            for other in self.references_in(resource.stack, resource.properties)
        }
        return sorted((stack, other) for stack, other in found if stack != other)
