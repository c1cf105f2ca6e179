"""The JSON Schema of environment files, for editors that check and complete what people write into them."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cdk.settings.environment import ENVIRONMENTS, Environment

SCHEMA = ENVIRONMENTS / "environment.schema.json"
# The first line of each file, which editors find the schema by: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
FIRST_LINE = f"# yaml-language-server: $schema={SCHEMA.name}"


class _Untitled(GenerateJsonSchema):
    """A title would only repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - Pydantic's own types are private
        return False


def environment_schema() -> str:
    """Answer the schema as the text of its file."""
    schema = Environment.model_json_schema(schema_generator=_Untitled)
    # An environment is named as its file.
    del schema["properties"]["name"]
    schema["required"].remove("name")
    return f"{json.dumps({'$schema': GenerateJsonSchema.schema_dialect, **schema}, indent=2)}\n"


if __name__ == "__main__":
    SCHEMA.write_text(environment_schema(), "utf-8")
