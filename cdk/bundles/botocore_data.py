"""botocore's data, trimmed: a process parses it when it makes its first clients, which is a large part of a start."""

import gzip
import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

# Files that botocore reads for every client; the rest of its data is in folders named after clients.
_SHARED = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
_MODEL = "service-2.json.gz"


def trim_data(folder: Path, clients: Collection[str]) -> None:
    """Keep the data of these clients in the installed packages, without other services and without documentation."""
    for package in ("botocore", "boto3"):
        for data in (folder / package / "data").glob("*"):
            if data.name not in (*clients, *_SHARED):
                shutil.rmtree(data) if data.is_dir() else data.unlink()
    data = folder / "botocore" / "data"
    prefixes = set()
    for model in sorted(data.glob(f"*/*/{_MODEL}")):
        content = _undocumented(json.loads(gzip.decompress(model.read_bytes())))
        for parameter in content.get("clientContextParams", {}).values():
            # The only documentation that botocore reads without being asked for it.
            parameter["documentation"] = ""
        prefixes.add(content["metadata"]["endpointPrefix"])
        model.unlink()
        _write(model.with_suffix(""), content)
    endpoints = data / "endpoints.json"
    if endpoints.exists():
        kept = json.loads(endpoints.read_text("utf-8"))
        for partition in kept["partitions"]:
            partition["services"] = {
                name: service for name, service in partition["services"].items() if name in prefixes
            }
        _write(endpoints, kept)


def _undocumented(content: Any) -> Any:  # noqa: ANN401 - JSON
    """Drop the documentation, which is text; a member of a structure may have the same name, but is an object."""
    if isinstance(content, list):
        return [_undocumented(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _undocumented(value)
        for name, value in content.items()
        if name != "documentation" or not isinstance(value, str)
    }


def _write(file: Path, content: object) -> None:
    # uv may have linked the file to its cache: never write to it.
    file.unlink(missing_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
