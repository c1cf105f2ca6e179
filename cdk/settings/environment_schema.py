"""The JSON Schema of environment files, with which editors check and complete them."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cdk.settings.environment import ENVIRONMENTS, Environment

SCHEMA = ENVIRONMENTS / "environment.schema.json"
# The first line of each file, which names the schema to editors: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA.name}"


class Untitled(GenerateJsonSchema):
    """Leaves out titles, which would only repeat the keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - Pydantic's own types are private
        """Return False for every field."""
        return False


def environment_schema() -> str:
    """Return the text of the schema's file."""
    schema = Environment.model_json_schema(schema_generator=Untitled)
    # The name of the file is the name of the environment.
    del schema["properties"]["name"]
    schema["required"].remove("name")
    return f"{json.dumps({'$schema': GenerateJsonSchema.schema_dialect, **schema}, indent=2)}\n"


if __name__ == "__main__":
    SCHEMA.write_text(environment_schema(), "utf-8")
