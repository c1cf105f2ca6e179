"""What the stacks of an environment hold, as far as its price depends on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from operate.deployed.synthesis import Resource, Stack

# A request; the stream of an outbox; every event; some events or objects alone; a work queue; or a deployment.
type Trigger = Literal["http", "outbox", "every event", "some events", "work queue", "deployment"]


@dataclass(frozen=True)
class Function:
    """A Lambda function, and what sets it off."""

    name: str
    trigger: Trigger
    memory_gb: float
    has_snapshots: bool
    is_arm: bool


class Inventory:
    """The resources of all stacks together."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        self.stacks = stacks

    def of_type(self, resource_type: str) -> list[Mapping[str, Any]]:
        """List the properties of every resource of a type."""
        return [each.get("Properties", {}) for stack in self.stacks for each in stack.of_type(resource_type).values()]

    def count(self, resource_type: str) -> int:
        """Count the resources of a type."""
        return len(self.of_type(resource_type))

    @cached_property
    def types(self) -> frozenset[str]:
        """Every type of resource there is."""
        return frozenset(each["Type"] for stack in self.stacks for each in stack.resources.values())

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function of the platform."""
        return tuple(function for stack in self.stacks for function in _functions(stack))

    def having(self, trigger: Trigger) -> tuple[Function, ...]:
        """Return the functions that one kind of thing sets off."""
        return tuple(function for function in self.functions if function.trigger == trigger)

    @cached_property
    def zones(self) -> int:
        """The zones that the public load balancer, or else the internal one, is in."""
        return max(
            (len(each["Subnets"]) for each in self.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")), default=0
        )


def _functions(stack: Stack) -> Iterator[Function]:
    triggers = dict(_triggers(stack))
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        properties = function["Properties"]
        yield Function(
            name=str(properties.get("FunctionName", name)),
            trigger=triggers.get(name, "deployment"),
            memory_gb=properties.get("MemorySize", 128) / 1024,
            has_snapshots=properties.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
            is_arm=properties.get("Architectures") == ["arm64"],
        )


def _triggers(stack: Stack) -> Iterator[tuple[str, Trigger]]:
    """Find what calls a function, mostly by its alias: a load balancer, a stream, or a queue that a rule fills."""
    filled = dict(_filled_queues(stack))
    for permission in stack.of_type("AWS::Lambda::Permission").values():
        if permission["Properties"]["Principal"] == "elasticloadbalancing.amazonaws.com":
            yield _called(stack, permission), "http"
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        source, attribute = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"]
        if attribute == "StreamArn":
            yield _called(stack, mapping), "outbox"
        else:
            yield _called(stack, mapping), filled.get(source, "work queue")


def _called(stack: Stack, caller: Resource) -> str:
    """Follow the reference of a permission or a mapping to the function, through its alias."""
    name = str(caller["Properties"]["FunctionName"]["Ref"])
    alias = stack.of_type("AWS::Lambda::Alias").get(name)
    return str(alias["Properties"]["FunctionName"]["Ref"]) if alias else name


def _filled_queues(stack: Stack) -> Iterator[tuple[str, Trigger]]:
    """Find the queues that rules fill: with every event, where a pattern wants no source and no type, or with some."""
    for rule in stack.of_type("AWS::Events::Rule").values():
        pattern = rule["Properties"].get("EventPattern", {})
        kind: Trigger = "some events" if {"source", "detail-type"} & set(pattern) else "every event"
        for target in rule["Properties"].get("Targets", ()):
            yield target["Arn"]["Fn::GetAtt"][0], kind
