"""Stacks of a few resources, as CloudFormation gets them."""

from typing import Any

from operate.deployed.synthesis import Stack
from operate.pricing.inventory import Inventory
from operate.pricing.prices import PriceTable


def stack(resources: dict[str, tuple[str, dict[str, Any]]], **more: Any) -> Stack:
    """Make a stack of resources: type and properties by logical id."""
    template = {"Resources": {name: {"Type": kind, "Properties": given} for name, (kind, given) in resources.items()}}
    return Stack(**{"name": "platform-dev-things", "region": "eu-west-1", "template": template} | more)


def inventory(**resources: tuple[str, dict[str, Any]]) -> Inventory:
    """Make the inventory of one stack."""
    return Inventory([stack(resources)])


def prices_of_one(table: PriceTable) -> PriceTable:
    """Return the table with every price a dollar a unit."""
    flat = {name: price.model_copy(update={"usd": 1.0, "tiers": ()}) for name, price in table.prices.items()}
    return table.model_copy(update={"prices": flat})


def function(memory_mb: int, **more: Any) -> tuple[str, dict[str, Any]]:
    """Make a function."""
    return "AWS::Lambda::Function", {"MemorySize": memory_mb, "Architectures": ["arm64"]} | more


def alias(name: str) -> tuple[str, dict[str, Any]]:
    """Make the alias of a function."""
    return "AWS::Lambda::Alias", {"FunctionName": {"Ref": name}}


def called_over_http(name: str) -> tuple[str, dict[str, Any]]:
    """Let a load balancer call an alias."""
    principal = "elasticloadbalancing.amazonaws.com"
    return "AWS::Lambda::Permission", {"FunctionName": {"Ref": name}, "Principal": principal}


def reads(name: str, source: str, attribute: str = "Arn") -> tuple[str, dict[str, Any]]:
    """Let an alias read a queue, or the stream of a table."""
    arn = {"Fn::GetAtt": [source, attribute]}
    return "AWS::Lambda::EventSourceMapping", {"FunctionName": {"Ref": name}, "EventSourceArn": arn}


def fills(queue: str, **pattern: Any) -> tuple[str, dict[str, Any]]:
    """Let a rule fill a queue."""
    return "AWS::Events::Rule", {"EventPattern": pattern, "Targets": [{"Arn": {"Fn::GetAtt": [queue, "Arn"]}}]}
