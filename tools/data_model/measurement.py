"""Runs the access patterns of a service against a table in memory, and notes what DynamoDB is asked and keeps."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

import boto3
from pynamodb.models import Model

from cdk.settings.manifest import Manifest
from tools.data_model.capacity import Item, item_bytes
from tools.data_model.models import model_of, models_of, public_methods
from tools.data_model.pattern import Pattern, check_callers, patterns_of
from tools.data_model.recording import Call, Recorder, shown
from tools.data_model.table import aws_in_memory, keys_of, make_table

# https://docs.python.org/3.13/library/sys.monitoring.html#registering-and-using-tools: 3 and 4 are nobody's.
_TOOL = 4
_MINUTE_S = 60


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of item that was found in a table.

    Attributes:
        key: Its key, such as `pk = USER#…`.
        model: Its class, where PynamoDB writes it.
        attributes: Their names, those that only some have last.
        sizes_bytes: The smallest and the largest.
        kept_s: The times to live that some end after, the shortest first.
        is_endless: Whether some have no end.
    """

    key: str
    model: type[Model] | None
    attributes: tuple[str, ...]
    sizes_bytes: tuple[int, int]
    kept_s: tuple[int, ...]
    is_endless: bool


@dataclass(kw_only=True)
class Measurement:
    """What was measured of a service.

    Attributes:
        calls: By pattern.
        kinds: Of items in the table.
        unmeasured: Public methods of the repositories that no pattern calls.
    """

    manifest: Manifest
    models: list[type[Model]]
    calls: dict[Pattern, list[Call]] = field(default_factory=dict)
    kinds: list[Kind] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)


def measure(manifest: Manifest, project: Path, recorder: Recorder) -> Measurement:
    """Measure every access pattern of a service that has a table.

    Raises:
        ConfigurationError: The models do not fit the manifest, or a pattern names a caller that does not exist.
    """
    patterns = patterns_of(manifest, project)
    check_callers(manifest, patterns)
    measured = Measurement(manifest=manifest, models=models_of(manifest, project))
    methods = {code: name for name, code in public_methods(manifest, project)}
    called: set[str] = set()
    items: list[Item] = []
    client = boto3.client("dynamodb")
    for pattern in patterns:
        with aws_in_memory():
            make_table(manifest, client)
            run = pattern.prepare()
            with recorder.recording(client) as calls, _noting(methods, called):
                run()
            measured.calls[pattern] = calls
            items += client.scan(TableName=manifest.service)["Items"]
    measured.kinds = list(_kinds(items, manifest, measured.models))
    measured.unmeasured = sorted(set(methods.values()) - called)
    return measured


@contextmanager
def _noting(methods: dict[object, str], called: set[str]) -> Iterator[None]:
    """Note which methods start until the end of the block."""
    monitoring = sys.monitoring

    def start(code: CodeType, _offset: int) -> None:
        called.add(methods[code])

    monitoring.use_tool_id(_TOOL, __name__)
    monitoring.register_callback(_TOOL, monitoring.events.PY_START, start)
    for code in methods:
        monitoring.set_local_events(_TOOL, code, monitoring.events.PY_START)  # type: ignore[arg-type]
    try:
        yield
    finally:
        monitoring.free_tool_id(_TOOL)


def _kinds(items: Iterable[Item], manifest: Manifest, models: list[type[Model]]) -> Iterator[Kind]:
    if manifest.table is None:
        return
    keys, ends = keys_of(manifest.table), manifest.table.time_to_live or ""
    groups: dict[str, list[Item]] = {}
    for item in items:
        key = ", ".join(f"{name} = {shown(item[name])}" for name in keys)
        groups.setdefault(key, []).append(item)
    for key, group in groups.items():
        always = [name for name in group[0] if all(name in item for item in group)]
        sometimes = sorted({name for item in group for name in item} - set(always))
        sizes = [item_bytes(item) for item in group]
        lives = [float(item[ends]["N"]) - time.time() for item in group if ends in item]
        yield Kind(
            key=key,
            model=model_of(group[0], models),
            attributes=(*sorted(always), *(f"{name}?" for name in sometimes)),
            sizes_bytes=(min(sizes), max(sizes)),
            kept_s=tuple(sorted({round(life / _MINUTE_S) * _MINUTE_S for life in lives})),
            is_endless=len(lives) < len(group),
        )
