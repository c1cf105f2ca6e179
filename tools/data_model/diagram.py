"""A service's table as a UML class diagram, for Mermaid: https://mermaid.js.org/syntax/classDiagram.html."""

from collections.abc import Iterator

from pynamodb.attributes import Attribute
from pynamodb.models import Model

from cdk.settings.manifest import Manifest
from tools.data_model.models import indexes_of

# Names of DynamoDB's types: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_TYPES = {
    "S": "String",
    "N": "Number",
    "B": "Binary",
    "BOOL": "Boolean",
    "L": "List",
    "M": "Map",
    "SS": "StringSet",
    "NS": "NumberSet",
    "BS": "BinarySet",
    "NULL": "Null",
}


def class_diagram(manifest: Manifest, models: list[type[Model]]) -> str:
    """Return the diagram: the table, its indexes, and the models of their items."""
    return "\n".join(["```mermaid", "classDiagram", *(f"    {line}" for line in _lines(manifest, models)), "```"])


def _lines(manifest: Manifest, models: list[type[Model]]) -> Iterator[str]:
    table = manifest.table
    if table is None:
        return
    ends = [f"{table.time_to_live} time to live"] if table.time_to_live else []
    yield from _class(f"{manifest.service}", "table", [*_keys(table.partition_key, table.sort_key), *ends])
    for index in table.indexes:
        yield from _class(index.name, "index", [*_keys(index.partition_key, index.sort_key), "all attributes"])
        yield f"{manifest.service} *-- {_identifier(index.name)}"
    for shared in dict.fromkeys(base for model in models for base in _shared_bases(model)):
        yield from _class(shared.__name__, "shared", _members(shared))
    for model in models:
        inherited = {member for base in _shared_bases(model) for member in _members(base)}
        yield from _class(_name(model), "item", [each for each in _members(model) if each not in inherited])
        yield f"{manifest.service} *-- {_name(model)}"
        for base in _shared_bases(model):
            yield f"{base.__name__} <|-- {_name(model)}"
        for name in indexes_of(model):
            yield f"{_identifier(name)} o-- {_name(model)}"


def _class(name: str, stereotype: str, members: list[str]) -> Iterator[str]:
    label = "" if name == _identifier(name) else f'["{name}"]'
    yield f"class {_identifier(name)}{label} {{"
    yield f"    <<{stereotype}>>"
    yield from (f"    {member}" for member in members)
    yield "}"


def _keys(partition_key: str, sort_key: str | None) -> list[str]:
    return [f"{partition_key} partition key", *([f"{sort_key} sort key"] if sort_key else [])]


def _members(model: type[Model]) -> list[str]:
    return [_member(attribute) for attribute in model.get_attributes().values()]


def _member(attribute: Attribute[object]) -> str:
    return f"{_TYPES[attribute.attr_type]} {attribute.attr_name}{' [0..1]' if attribute.null else ''}"


def _shared_bases(model: type[Model]) -> list[type[Model]]:
    return [base for base in model.__mro__[1:] if base is not Model and issubclass(base, Model)]


def _name(model: type[Model]) -> str:
    return model.__name__.lstrip("_")


def _identifier(name: str) -> str:
    """Return a name of DynamoDB without `-` and `.`, which Mermaid does not accept."""
    return name.replace("-", "_").replace(".", "_")
