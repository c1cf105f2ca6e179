"""The files that are generated from the contracts and the manifests, and whether they are as they must be."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from cdk.settings.manifest import Manifest
from tools.contracts.asyncapi import asyncapi
from tools.contracts.contract import PROJECT, Contract
from tools.contracts.page import page
from tools.contracts.record import COMMAND


def documents(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return the files, relative to the project, with what they must hold."""
    return {
        "docs/events/asyncapi.json": json.dumps(asyncapi(contracts, manifests), indent=2, ensure_ascii=False) + "\n",
        "docs/events/README.md": page(contracts, manifests),
    }


def stale(contracts: Sequence[Contract], manifests: Sequence[Manifest], project: Path = PROJECT) -> Iterator[str]:
    """Say which files are missing or old."""
    for name, text in documents(contracts, manifests).items():
        file = project / name
        if not file.is_file() or file.read_text("utf-8") != text:
            yield f"{name}: not what events/ and the manifests say; run: {COMMAND}"
