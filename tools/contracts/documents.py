"""The files generated from the contracts and the manifests, and the check that they are up to date."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from cdk.settings.manifest import Manifest
from tools.contracts.asyncapi import asyncapi
from tools.contracts.contract import PROJECT, Contract
from tools.contracts.page import page
from tools.contracts.record import COMMAND


def documents(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return the text of each file by its path in the project."""
    return {
        "docs/events/asyncapi.json": json.dumps(asyncapi(contracts, manifests), indent=2, ensure_ascii=False) + "\n",
        "docs/events/README.md": page(contracts, manifests),
    }


def stale(contracts: Sequence[Contract], manifests: Sequence[Manifest], project: Path = PROJECT) -> Iterator[str]:
    """Yield a problem for each file that is missing or out of date."""
    for name, text in documents(contracts, manifests).items():
        file = project / name
        if not file.is_file() or file.read_text("utf-8") != text:
            yield f"{name}: out of date with events/ or the manifests; run: {COMMAND}"
