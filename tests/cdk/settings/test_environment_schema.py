"""The schema for editors, and the rejection of secrets in every key of an environment file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import ENVIRONMENTS, load_environment
from cdk.settings.environment_schema import FIRST_LINE, SCHEMA, environment_schema

FILES = sorted(ENVIRONMENTS.glob("*.yaml"))
GOOD = {"region": "eu-west-1", "domain": "example.com", "hosted_zone_id": "Z123"}
# Concatenated here, so that a scan of the sources for secrets does not find them.
SECRETS = {
    "a token of Slack": "-".join(("xoxb", "0" * 12, "a" * 24)),
    "a webhook of Slack": "/".join(("https://hooks.slack.com/services", "T0", "B0", "a" * 24)),
    "an AWS access key id": "AKIA" + "Q7" * 8,
    "an AWS secret access key": "aB3/" * 10,
    "a token of GitHub": "ghp_" + "a1" * 18,
}


def keys(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Walk every key that a file may have, sections included."""
    for name, described in schema["properties"].items():
        definition = described.get("$ref", "").rpartition("/")[2]
        section = json.loads(SCHEMA.read_text("utf-8"))["$defs"][definition] if definition else {}
        yield (*path, name), {**section, **described}
        if section:
            yield from keys(section, (*path, name))


KEYS = dict(keys(json.loads(SCHEMA.read_text("utf-8"))))
VALUES = [path for path, described in KEYS.items() if "properties" not in described and path != ("left_out",)]
# Keys of maps, which people choose.
VALUES += [("left_out", "AWS::ECS::Service"), ("chat", "on-call", "workspace"), ("chat", "on-call", "channel")]


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    assert SCHEMA.read_text("utf-8") == environment_schema(), "it is stale; run: make schema"


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_every_key_has_a_description_and_a_default_unless_it_is_required(path: tuple[str, ...]) -> None:
    assert KEYS[path].get("description")
    assert "default" in KEYS[path] or path[-1] in GOOD


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_editor_finds_the_schema_and_accepts_every_file(file: Path) -> None:
    assert file.read_text("utf-8").splitlines()[0] == FIRST_LINE
    assert (file.parent / FIRST_LINE.rpartition("=")[2]).is_file()
    jsonschema.validate(yaml.safe_load(file.read_text("utf-8")), json.loads(environment_schema()))


def test_an_editor_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError, match="slack_token"):
        jsonschema.validate({**GOOD, "slack_token": "any"}, json.loads(environment_schema()))


# One rule looks for all kinds of secrets, so each key meets one of them, and one key meets each.
@pytest.mark.parametrize("path", VALUES, ids=".".join)
def test_no_key_takes_what_looks_like_a_secret(tmp_path: Path, path: tuple[str, ...]) -> None:
    expect_refusal(tmp_path, path, SECRETS["a token of Slack"])


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_each_kind_of_secret_is_known(tmp_path: Path, secret: str) -> None:
    expect_refusal(tmp_path, ("left_out", "AWS::ECS::Service"), secret)


def expect_refusal(folder: Path, path: tuple[str, ...], secret: str) -> None:
    # A text may contain other words, too; values of other types reject them anyway.
    document: dict[str, Any] = {**GOOD, "chat": {"on-call": {"workspace": "T0123ABCD", "channel": "C0123ABCD"}}}
    section = document
    for name in path[:-1]:
        section = section.setdefault(name, {})
    section[path[-1]] = f"the token is {secret}" if path[0] == "left_out" else secret
    (folder / "staging.yaml").write_text(yaml.safe_dump(document), "utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_environment("staging", folder)

    (problem,) = caught.value.problems
    assert f"staging.yaml: {'.'.join(path)}: expected " in problem


def test_a_reason_that_may_hold_a_secret_is_refused_without_repeating_it(tmp_path: Path) -> None:
    secret = SECRETS["a token of Slack"]
    document = {**GOOD, "left_out": {"AWS::ECS::Service": f"the token is {secret}"}}
    (tmp_path / "staging.yaml").write_text(yaml.safe_dump(document), "utf-8")

    with pytest.raises(ConfigurationError, match="Keep secrets in AWS Secrets Manager") as caught:
        load_environment("staging", tmp_path)

    assert secret not in str(caught.value)
