"""functions/<service>/access_patterns.md agrees with the calls of the repositories.

With WRITE_ACCESS_PATTERNS=1, a test writes the file; a new pattern then has the caller `?`, to be filled in by hand.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3
import pytest

from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from tests.tables import aws_in_memory, make_table
from tests.tools.data_model.access_patterns import callers_of, model_of, patterns_of, public_methods, started
from tests.tools.data_model.recording import Item, key_of, recorded
from tools.data_model.models import models_of
from tools.data_model.page import ACCESS_PATTERNS

ROOT = Path(__file__).parents[3]
ITEMS, PATTERNS = ("item", "model", "kept"), ("access pattern", "requests to DynamoDB", "called by")
MINUTE_S = 60


@pytest.mark.slow
@pytest.mark.parametrize("manifest", [each for each in load_manifests() if each.table], ids=lambda each: each.service)
def test_the_access_patterns_are_declared(manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # moto writes its recording into the current folder.
    monkeypatch.chdir(tmp_path)
    file = ROOT / manifest.folder / ACCESS_PATTERNS
    declared = file.read_text("utf-8") if file.is_file() else ""
    methods = public_methods(manifest, ROOT)

    with started(methods) as called:
        text = "\n".join(tables(manifest, callers=callers_in(declared)))

    if os.environ.get("WRITE_ACCESS_PATTERNS"):
        file.write_text(text, "utf-8")
        declared = text
    assert {*methods.values()} - called == set(), f"tests/{manifest.service}/access_patterns.py: add a pattern for each"
    named = {caller.strip("`") for callers in callers_in(text).values() for caller in callers.split(", ")}
    assert named - callers_of(manifest) == set(), f"{file}: expected routes or functions of the service as callers"
    expected, found = (sorted(each.splitlines()) for each in (text, declared))
    assert found == expected, f"{file} is out of date; write it with WRITE_ACCESS_PATTERNS=1"


def tables(manifest: Manifest, *, callers: dict[str, str]) -> Iterator[str]:
    """Yield the tables of a service, as its file must contain them."""
    assert manifest.table
    items: list[Item] = []
    rows = []
    with aws_in_memory():
        client = boto3.client("dynamodb")
        for name, prepare in patterns_of(manifest.service).items():
            make_table(manifest, client)
            rows.append((name, recorded(prepare(), manifest.table), callers.get(name, "?")))
            items += client.scan(TableName=manifest.service)["Items"]
            client.delete_table(TableName=manifest.service)
    yield table(ITEMS, [*kinds(items, manifest)])
    yield table(PATTERNS, rows)


def kinds(items: list[Item], manifest: Manifest) -> Iterator[tuple[str, ...]]:
    """Yield the key of each kind of item, its model and its retention."""
    assert manifest.table
    models, end = models_of(manifest, ROOT), manifest.table.time_to_live or ""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(key_of(item, manifest.table), []).append(item)
    for key, group in sorted(groups.items()):
        model = model_of(group[0], models)
        lives_s = [float(item[end]["N"]) - time.time() for item in group if end in item]
        kept = [span(seconds) for seconds in sorted({round(life_s / MINUTE_S) * MINUTE_S for life_s in lives_s})]
        kept += ["until deleted"] * (len(lives_s) < len(group))
        yield f"`{key}`", f"`{model.__name__.lstrip('_')}`" if model else "idempotency record", " or ".join(kept)


def span(seconds: int) -> str:
    """Return a time to live in its largest whole unit; one day is 24 hours."""
    for unit, length_s in (("day", 24 * 3600), ("hour", 3600), ("minute", 60)):
        if seconds % length_s == 0 and seconds >= length_s and (seconds > length_s or unit != "day"):
            return f"{seconds // length_s} {unit}{'' if seconds == length_s else 's'}"
    return f"{seconds} seconds"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)) + "\n"


def callers_in(text: str) -> dict[str, str]:
    """Return the last column of the table of patterns by the names of the patterns."""
    rows = text.partition(f"| {' | '.join(PATTERNS)} |\n")[2].splitlines()[1:]
    return {cells[0]: cells[-1] for row in rows for cells in [row.strip("| ").split(" | ")]}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(21 * 24 * 3600, "21 days"), (24 * 3600, "24 hours"), (3600, "1 hour"), (900, "15 minutes"), (45, "45 seconds")],
)
def test_a_time_to_live_is_written_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert span(seconds) == text
