"""The JSON Schemas of `service.toml` and `synthetic.toml`, with which editors check and complete them."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cdk.settings.environment_schema import Untitled
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT
from cdk.settings.synthetic import Synthetic

SCHEMA = PROJECT / "functions" / "service.schema.json"
SYNTHETIC_SCHEMA = PROJECT / "functions" / "synthetic.schema.json"
# The first line of each file, which names the schema to editors: https://taplo.tamasfe.dev/configuration/directives.html#the-schema-directive
FIRST_LINE = f"#:schema ../{SCHEMA.name}"
SYNTHETIC_FIRST_LINE = f"#:schema ../{SYNTHETIC_SCHEMA.name}"


def manifest_schema() -> str:
    """Return the text of the schema's file."""
    schema = Manifest.model_json_schema(schema_generator=Untitled)
    # The name of the folder is the name of the service.
    del schema["properties"]["service"]
    schema["required"].remove("service")
    # Without a path, the service answers below its name.
    schema["$defs"]["Http"]["required"].remove("path")
    return _text(schema)


def synthetic_schema() -> str:
    """Return the text of the schema of `synthetic.toml`."""
    return _text(Synthetic.model_json_schema(schema_generator=Untitled))


def _text(schema: dict[str, Any]) -> str:
    return f"{json.dumps({'$schema': GenerateJsonSchema.schema_dialect, **schema}, indent=2)}\n"


if __name__ == "__main__":
    SCHEMA.write_text(manifest_schema(), "utf-8")
    SYNTHETIC_SCHEMA.write_text(synthetic_schema(), "utf-8")
