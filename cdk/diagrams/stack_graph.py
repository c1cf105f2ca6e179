"""The synthesized stacks of one environment as one graph: each reference, in a stack or across, is followed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource of a stack; equal to another when it has the same name in the same stack."""

    stack: str
    name: str
    type: str = field(compare=False)
    properties: Json = field(compare=False, repr=False)
    metadata: Json = field(compare=False, repr=False, default_factory=dict)


class Stacks:
    """The resources of some stacks.

    Args:
        templates: By the stack's name.
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

    def every(self) -> list[Resource]:
        """List all resources."""
        return list(self._resources.values())

    def of(self, resource_type: str, stack: str | None = None) -> list[Resource]:
        """List the resources of a type, in one stack or all."""
        every = self._resources.values()
        return [each for each in every if each.type == resource_type and stack in {None, each.stack}]

    def only(self, resource_type: str) -> Resource:
        """Return the one resource of a type.

        Raises:
            ValueError: There is none, or there are several.
        """
        [found] = self.of(resource_type)
        return found

    def named(self, stack: str, reference: object) -> Resource | str:
        """Return what a reference in a stack leads to: a resource, or the text that it is.

        Raises:
            ValueError: It leads to neither.
        """
        match reference:
            case {"Fn::ImportValue": str(export)} if export in self._exports:
                return self.named(*self._exports[export])
            case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)} if (stack, name) in self._resources:
                return self._resources[stack, name]
            case str(text):
                return text
        raise ValueError(f"{stack}: {reference} leads to no resource")

    def within(self, stack: str, value: object) -> Iterator[Resource]:
        """Walk every resource that a value in a stack refers to, however deep."""
        match value:
            case {"Fn::ImportValue": str(export)} if export in self._exports:
                yield from self.within(*self._exports[export])
            case {"Fn::GetAtt": [str(name), *_]} | {"Ref": str(name)} if (stack, name) in self._resources:
                yield self._resources[stack, name]
            case dict():
                for each in value.values():
                    yield from self.within(stack, each)
            case list():
                for each in value:
                    yield from self.within(stack, each)
            case _:
                pass

    def dependencies(self) -> list[tuple[str, str]]:
        """List which stack imports from which, each pair once, in the order of their names."""
        found = {
            (resource.stack, other.stack)
            for resource in self._resources.values()
            for other in self.within(resource.stack, resource.properties)
        }
        return sorted((stack, other) for stack, other in found if stack != other)
