"""Messages about wrong configuration files; each names the file, the key and the expected value."""

import re
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

type Schema = Mapping[str, object]


class ConfigurationError(Exception):
    """A manifest or environment file is wrong; the message lists every problem, one per line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def problems_of(
    file: str, model: type[BaseModel], error: ValidationError, *, named_by_file: str | None = None
) -> list[str]:
    """Turn each error of Pydantic into one line: `file: key: expected …, found …`.

    Args:
        file: The path, relative to the project.
        model: The model of the file.
        error: The errors.
        named_by_file: The key that the name of the file or its folder sets, and that the file must not contain.
    """
    document = model.model_json_schema()
    known = {name: schema for name, schema in _properties(document).items() if name != named_by_file}
    document = {**document, "properties": known}
    return [f"{file}: {_problem(document, detail)}" for detail in error.errors(include_url=False)]


def _problem(document: Schema, detail: ErrorDetails) -> str:
    sentence = _sentence(document, detail)
    # The message of a rule about several keys begins with the wrong key.
    names_key = not detail["loc"] and re.match(r"[a-z0-9_.]+: ", sentence)
    return sentence if names_key else f"{_key(detail)}: {sentence}"


def _key(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"]) or "(the file)"


def _sentence(document: Schema, detail: ErrorDetails) -> str:
    match detail["type"]:
        case "extra_forbidden":
            known = ", ".join(sorted(_properties(_at(document, detail["loc"][:-1]))))
            return f"unknown key; expected one of: {known}"
        case "missing":
            return f"missing; expected {_expectation(document, _at(document, detail['loc']))}"
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case "string_pattern_mismatch":
            expected = f"text of the form {detail['ctx']['pattern']}"
        case "tuple_type":
            expected = "list"
        case "model_type" | "dict_type":
            expected = "keys and values"
        case _:
            expected = re.sub(r"^\w+ should (be|have) (a valid )?", "", detail["msg"])
    return f"expected {expected}, found {detail['input']!r}"


def _expectation(document: Schema, schema: Schema) -> str:
    description = schema.get("description")
    kind = schema.get("type", _resolved(document, schema).get("type", "value"))
    return f"{kind} ({description})" if description else str(kind)


def _properties(schema: Schema) -> Mapping[str, Schema]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _at(document: Schema, location: tuple[str | int, ...]) -> Schema:
    """Follow a key's path through the JSON Schema, and return the schema of the key."""
    schema: Schema = document
    for part in location:
        parent = _resolved(document, schema)
        following = _properties(parent).get(str(part)) or _of_any_key(parent) or parent.get("items")
        if not isinstance(following, Mapping):
            return {}
        schema = following
    return _resolved(document, schema) if not schema.get("description") else schema


def _of_any_key(schema: Schema) -> object:
    patterns = schema.get("patternProperties")
    return next(iter(patterns.values())) if isinstance(patterns, Mapping) else schema.get("additionalProperties")


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Replace a `$ref`, or the optional form `anyOf: [$ref, null]`, by its definition."""
    alternatives = schema.get("anyOf")
    if isinstance(alternatives, list):
        schema = next((item for item in alternatives if "$ref" in item), schema)
    reference = schema.get("$ref")
    definitions = document.get("$defs")
    if isinstance(reference, str) and isinstance(definitions, Mapping):
        resolved = definitions[reference.rpartition("/")[2]]
        return resolved if isinstance(resolved, Mapping) else schema
    return schema
