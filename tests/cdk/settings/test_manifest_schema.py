"""The schemas of `service.toml` and `synthetic.toml` for editors."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cdk.settings.manifest_schema import (
    FIRST_LINE,
    SCHEMA,
    SYNTHETIC_FIRST_LINE,
    SYNTHETIC_SCHEMA,
    manifest_schema,
    synthetic_schema,
)
from cdk.settings.manifests import PROJECT
from local.scaffold.__main__ import TEMPLATE

FILES = [*sorted(PROJECT.glob("functions/*/service.toml")), *TEMPLATE.rglob("service.toml")]
SYNTHETIC = [file.with_name("synthetic.toml") for file in FILES]


def changed(**members: Any) -> dict[str, Any]:
    return tomllib.loads((PROJECT / "functions/users/service.toml").read_text("utf-8")) | members


def test_the_schema_is_the_one_that_is_checked() -> None:
    assert SCHEMA.read_text("utf-8") == manifest_schema(), "it is stale; run: make schema"
    assert SYNTHETIC_SCHEMA.read_text("utf-8") == synthetic_schema(), "it is stale; run: make schema"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_an_editor_finds_the_schema_and_accepts_every_file(file: Path) -> None:
    text = file.read_text("utf-8")

    assert text.splitlines()[0] == FIRST_LINE
    assert (PROJECT / "functions/users" / FIRST_LINE.removeprefix("#:schema ")).resolve() == SCHEMA
    jsonschema.validate(tomllib.loads(text), json.loads(manifest_schema()))


@pytest.mark.parametrize("file", SYNTHETIC, ids=lambda file: file.parent.name)
def test_an_editor_finds_the_schema_of_each_synthetic_file_and_accepts_the_file(file: Path) -> None:
    text = file.read_text("utf-8")

    assert text.splitlines()[0] == SYNTHETIC_FIRST_LINE
    jsonschema.validate(tomllib.loads(text), json.loads(synthetic_schema()))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (changed(sevice="users"), "sevice"),
        (changed(functions={"api": {"handler": "functions.users.api.handler", "trigger": "htpp"}}), "htpp"),
        (
            changed(functions={"api": {"handler": "functions.users.api.handler", "trigger": "http", "memory_mb": 1}}),
            "128",
        ),
    ],
)
def test_an_editor_refuses_a_wrong_key_or_value(document: dict[str, Any], message: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match=message):
        jsonschema.validate(document, json.loads(manifest_schema()))
