"""The JSON Schema of `service.toml`, with which editors check and complete it."""

import json

from pydantic.json_schema import GenerateJsonSchema

from cdk.settings.environment_schema import Untitled
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT

SCHEMA = PROJECT / "functions" / "service.schema.json"
# The first line of each file, which names the schema to editors: https://taplo.tamasfe.dev/configuration/directives.html#the-schema-directive
FIRST_LINE = f"#:schema ../{SCHEMA.name}"


def manifest_schema() -> str:
    """Return the text of the schema's file."""
    schema = Manifest.model_json_schema(schema_generator=Untitled)
    # The name of the folder is the name of the service.
    del schema["properties"]["service"]
    schema["required"].remove("service")
    # Without a path, the service answers below its name.
    schema["$defs"]["Http"]["required"].remove("path")
    return f"{json.dumps({'$schema': GenerateJsonSchema.schema_dialect, **schema}, indent=2)}\n"


if __name__ == "__main__":
    SCHEMA.write_text(manifest_schema(), "utf-8")
