"""Reads the manifests of all services, and checks them against the project's files and each other."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cdk.settings.configuration_error import ConfigurationError, problems_of
from cdk.settings.environment import environment_names
from cdk.settings.handler_names import missing_from
from cdk.settings.manifest import Manifest
from cdk.settings.stack_names import RESERVED
from functions.shared.interface.names import EVERY_EVENT

PROJECT = Path(__file__).resolve().parents[2]
MANIFEST, LOCKS = "service.toml", "requirements*.txt"
# The folder in `functions/` that is not a service.
SHARED = "shared"
# The gateway itself answers these.
GATEWAY_PATHS = ("/docs", "/openapi.json", "/ping")


def load_manifests(project: Path = PROJECT) -> tuple[Manifest, ...]:
    """Read every `functions/*/service.toml`, ordered by name.

    Raises:
        ConfigurationError: A file is wrong; the message lists every problem of every file.
    """
    manifests: list[Manifest] = []
    problems = list(_folders_without_manifest(project))
    for file in sorted(project.glob(f"functions/*/{MANIFEST}")):
        try:
            manifests.append(read_manifest(file, project))
        except ConfigurationError as error:
            problems.extend(error.problems)
    for manifest in manifests:
        problems.extend(_missing_files(manifest, project))
        problems.extend(_missing_contracts(manifest, project))
        problems.extend(_unknown_environments(manifest))
    problems.extend(_reserved_names(manifests))
    problems.extend(_shared_paths(manifests))
    problems.extend(_missing_buckets(manifests))
    problems.extend(_missing_functions(manifests))
    if problems:
        raise ConfigurationError(problems)
    return tuple(manifests)


def read_manifest(file: Path, project: Path = PROJECT) -> Manifest:
    """Read one `service.toml`; the service has the name of its folder, and by default the path `/<service>`.

    Raises:
        ConfigurationError: The file is wrong; the message lists every problem.
    """
    name = file.relative_to(project).as_posix()
    try:
        document: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{name}: expected TOML in UTF-8: {error}"]) from error
    if "service" in document:
        raise ConfigurationError([f"{name}: service: unknown key; the name of the folder is the name of the service"])
    service = file.parent.name
    if isinstance(document.get("http"), dict):
        document["http"].setdefault("path", f"/{service}")
    try:
        return Manifest.model_validate({"service": service, **document})
    except ValidationError as error:
        raise ConfigurationError(problems_of(name, Manifest, error, named_by_file="service")) from error


def _folders_without_manifest(project: Path) -> Iterator[str]:
    for folder in sorted(project.glob("functions/*/")):
        if folder.name != SHARED and not (folder / MANIFEST).is_file() and _has_sources(folder, project / "functions"):
            yield (
                f"{folder.relative_to(project).as_posix()}: expected a file {MANIFEST}; without it, the next `make up`"
                " deletes the service's stack and data. Restore the file, or delete the folder"
            )


def _has_sources(folder: Path, root: Path) -> bool:
    """Return False if the folder contains only hidden files and bytecode, which git leaves behind."""
    files = (file.relative_to(root) for file in folder.rglob("*") if file.is_file())
    return any(not any(part.startswith((".", "__pycache__")) for part in file.parts) for file in files)


def _missing_files(manifest: Manifest, project: Path) -> Iterator[str]:
    file = (manifest.folder / MANIFEST).as_posix()
    for bundle in manifest.bundle_names:
        lock = manifest.lock_of(bundle)
        unlocked = set(map(_distribution, manifest.part(bundle).dependencies)) - _locked(project / lock)
        if unlocked:
            key = f"{file}: bundles.{bundle}.dependencies" if bundle else f"{file}: dependencies"
            yield f"{key}: expected {lock.as_posix()} to lock {', '.join(sorted(unlocked))}; run: make lock"
    for name, function in manifest.functions.items():
        key = f"{file}: functions.{name}"
        if function.module_path.parts[1] != manifest.service:
            yield f"{key}.handler: expected a module in functions.{manifest.service}, found {function.handler!r}"
        elif not (project / function.module_path).is_file():
            yield f"{key}.handler: expected a file {function.module_path.as_posix()}, which does not exist"
        elif defined := missing_from(project / function.module_path, function.handler.rpartition(".")[2]):
            yield f"{key}.handler: expected a name in {function.module_path.as_posix()}, {defined}"
        published = [f"{manifest.service}/{event}" for event in function.publishes]
        for kind, events in (("publishes", published), ("consumes", function.consumes)):
            for event in events:
                contract = f"events/{event}.schema.json"
                if event != EVERY_EVENT and not (project / contract).is_file():
                    yield f"{key}.{kind}: expected the contract of the event in {contract}, which does not exist"


def _missing_contracts(manifest: Manifest, project: Path) -> Iterator[str]:
    file = (manifest.folder / MANIFEST).as_posix()
    for event in manifest.operators_publish:
        contract = f"events/{manifest.service}/{event}.schema.json"
        if not (project / contract).is_file():
            yield f"{file}: operators_publish: expected the contract of the event in {contract}, which does not exist"


def _unknown_environments(manifest: Manifest) -> Iterator[str]:
    known = environment_names()
    for name in manifest.settings_in:
        if name not in known:
            file = (manifest.folder / MANIFEST).as_posix()
            yield f"{file}: settings_in: expected names of environments, {', '.join(known)}; found {name!r}"


def _reserved_names(manifests: Sequence[Manifest]) -> Iterator[str]:
    for manifest in manifests:
        if manifest.service in RESERVED:
            file, reserved = (manifest.folder / MANIFEST).as_posix(), ", ".join(sorted(RESERVED))
            yield f"{file}: expected another folder than {manifest.service!r}; the platform uses the names {reserved}"


def _locked(lock: Path) -> set[str]:
    lines = lock.read_text("utf-8").splitlines() if lock.is_file() else []
    return {_distribution(line) for line in lines if line[:1].isalnum()}


def _distribution(requirement: str) -> str:
    """Return the name in `Name[extra]==1.0`, in the normal form of locks: https://peps.python.org/pep-0503/#normalized-names."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def _shared_paths(manifests: Sequence[Manifest]) -> Iterator[str]:
    taken = [(path, "the gateway") for path in GATEWAY_PATHS]
    served = [(manifest.http.path, (manifest.folder / MANIFEST).as_posix()) for manifest in manifests if manifest.http]
    for (path, file), (other_path, other_file) in combinations([*taken, *served], 2):
        if f"{path}/".startswith(f"{other_path}/") or f"{other_path}/".startswith(f"{path}/"):
            yield f"{other_file}: http.path: expected a path of its own; {other_path} overlaps {path} of {file}"


def _missing_buckets(manifests: Sequence[Manifest]) -> Iterator[str]:
    owners = {manifest.service for manifest in manifests if manifest.bucket}
    for manifest in manifests:
        for name, function in manifest.functions.items():
            file = (manifest.folder / MANIFEST).as_posix()
            for kind, services in (("reads", function.reads_buckets), ("writes", function.writes_buckets)):
                for service in services:
                    key = f"{file}: functions.{name}.{kind}_buckets.{service}"
                    if service == manifest.service:
                        yield f"{key}: expected another service; for the service's own bucket, use bucket_actions"
                    elif service not in owners:
                        yield f"{key}: expected a service with a section [bucket]"


def _missing_functions(manifests: Sequence[Manifest]) -> Iterator[str]:
    known = {f"{manifest.service}/{name}" for manifest in manifests for name in manifest.functions_of("http")}
    for manifest in manifests:
        for name, function in manifest.functions.items():
            for called in function.invokes:
                if called not in known or called.startswith(f"{manifest.service}/"):
                    key = f"{(manifest.folder / MANIFEST).as_posix()}: functions.{name}.invokes"
                    yield f"{key}: expected the HTTP function of another service, such as users/api; found {called}"
