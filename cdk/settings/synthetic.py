"""The synthetic requests and events with which a release check rehearses a new version: `synthetic.toml` of a service.

The rest of the check follows from the manifest: each function is started with an empty batch, a relay is given the
example of each event that it publishes, and an API must answer its health, its OpenAPI document, and 401 without a
token.
"""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from cdk.settings.configuration_error import ConfigurationError, problems_of
from cdk.settings.manifest import ConsumedEvent, Function, Manifest, Section, Slug
from cdk.settings.manifests import PROJECT
from functions.shared.interface.names import EVERY_EVENT, OUTBOX_PREFIX

SYNTHETIC = "synthetic.toml"


class SyntheticRequest(Section):
    """A request that is rehearsed on a new version of the API. Its transactions are evaluated, and never committed."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = Field(pattern="^/", description="with the query; {nonce} becomes random letters and digits")
    status: int = Field(ge=200, le=499, description="the expected status; the OpenAPI document must have it")
    body: dict[str, Any] | None = Field(default=None, description="JSON; {nonce} becomes random letters and digits")
    headers: dict[str, str] = Field(default_factory=dict)
    within_ms: int = Field(default=3_000, ge=50, le=60_000, description="the best of three tries must be as fast")
    compatible: bool = Field(
        default=True,
        description="whether the answer must also fit the document of the version that serves; false for one release"
        " that breaks the contract on purpose",
    )


class Synthetic(Section):
    """The requests and events that are rehearsed on a new version of a service's functions."""

    scopes: tuple[str, ...] = Field(
        default=(), description="scopes of the requests' caller, in addition to the service's own"
    )
    requests: tuple[SyntheticRequest, ...] = ()
    events: dict[Slug, tuple[ConsumedEvent, ...]] = Field(
        default_factory=dict, description="function to the consumed events of which it is given the published example"
    )


def read_synthetic(manifest: Manifest, project: Path = PROJECT) -> Synthetic:
    """Read the file of a service.

    Raises:
        ConfigurationError: The file is missing or wrong; the message lists every problem.
    """
    path = manifest.folder / SYNTHETIC
    name = path.as_posix()
    try:
        document = tomllib.loads((project / path).read_text("utf-8"))
        synthetic = Synthetic.model_validate(document)
    except FileNotFoundError as error:
        raise ConfigurationError([f"{name}: expected a file with the requests of release checks"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{name}: expected TOML in UTF-8: {error}"]) from error
    except ValidationError as error:
        raise ConfigurationError(problems_of(name, Synthetic, error)) from error
    if problems := list(_problems(manifest, synthetic, project)):
        raise ConfigurationError([f"{name}: {problem}" for problem in problems])
    return synthetic


def _problems(manifest: Manifest, synthetic: Synthetic, project: Path) -> list[str]:
    problems = []
    reads = [each for each in synthetic.requests if each.method == "GET" and each.status < 300]  # noqa: PLR2004 - successes
    if bool(reads) != (manifest.http is not None):
        problems.append("requests: expected a GET that succeeds if the service has an API, and none otherwise")
    for name, events in synthetic.events.items():
        consumes = manifest.functions[name].consumes if name in manifest.functions else ()
        for event in events:
            if event == EVERY_EVENT or not {event, EVERY_EVENT} & set(consumes):
                problems.append(f"events.{name}: expected an event that the function consumes, found {event}")
            elif not (project / _example(event)).is_file():
                problems.append(f"events.{name}: expected the example {_example(event).as_posix()}")
    return problems


def release_checks(manifest: Manifest, synthetic: Synthetic, project: Path = PROJECT) -> dict[str, Any]:
    """Return the calls of a service's release check as JSON values, for `functions/shared/release_check/`."""
    functions: dict[str, Any] = {}
    for name, function in manifest.functions.items():
        if function.trigger == "http":
            functions[name] = {"requests": [each.model_dump() for each in synthetic.requests]}
            continue
        batches = {"an empty batch": [], **_records(manifest, function, synthetic.events.get(name, ()), project)}
        functions[name] = {"batches": [{"name": call, "records": records} for call, records in batches.items()]}
    own = [f"{manifest.service}/{verb}" for verb in ("read", "write")]
    return {
        "service": manifest.service,
        "path": manifest.http.path if manifest.http else None,
        "scopes": [*own, *synthetic.scopes],
        "functions": functions,
    }


def _records(
    manifest: Manifest, function: Function, events: tuple[str, ...], project: Path
) -> dict[str, list[dict[str, Any]]]:
    """Return the records of a queue or a stream, by the event that they carry."""
    if function.trigger == "outbox":
        published = [f"{manifest.service}/{event}" for event in function.publishes]
        key = manifest.table.partition_key if manifest.table else ""
        return {event: [_stream_record(key, _envelope(event, project))] for event in published}
    return {event: [_message(_envelope(event, project))] for event in events}


def _envelope(event: str, project: Path) -> dict[str, Any]:
    envelope: dict[str, Any] = json.loads((project / _example(event)).read_text("utf-8"))
    return envelope


def _example(event: str) -> Path:
    return Path("events", f"{event}.example.json")


def _message(envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a message of a consumer's queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
    delivered = {"source": envelope["source"], "detail-type": envelope["type"], "time": envelope["time"]}
    return {
        "messageId": envelope["id"],
        "body": json.dumps({**delivered, "detail": envelope}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }


def _stream_record(key: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a record of a table's stream: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html."""
    keys = {key: {"S": f"{OUTBOX_PREFIX}{envelope['id']}"}}
    return {
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "SequenceNumber": "1",
            "Keys": keys,
            "NewImage": {**keys, "envelope": {"S": json.dumps(envelope)}},
        },
    }
