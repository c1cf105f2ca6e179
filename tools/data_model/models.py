"""The PynamoDB models of a service, and the check that they fit its manifest."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from pynamodb.indexes import Index
from pynamodb.models import Model

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Index as ManifestIndex
from cdk.settings.manifest import Manifest, Table


def repository_modules(manifest: Manifest, project: Path) -> list[str]:
    """Return the modules of a service that use PynamoDB."""
    return [
        ".".join(file.relative_to(project).with_suffix("").parts)
        for file in sorted((project / manifest.folder).rglob("*.py"))
        if "pynamodb" in file.read_text("utf-8")
    ]


def models_of(manifest: Manifest, project: Path) -> list[type[Model]]:
    """Return a service's models, in the order of its sources.

    Raises:
        ConfigurationError: The keys or the indexes of a model differ from the manifest.
    """
    found: dict[str, type[Model]] = {}
    for name in repository_modules(manifest, project):
        module = importlib.import_module(name)
        own = [each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == name]
        found |= {each.__qualname__: each for each in own if issubclass(each, Model)}
    models = list(found.values())
    problems = [problem for model in models for problem in _misfits(model, manifest)]
    missing = {index.name for index in manifest.table.indexes} if manifest.table and models else set()
    missing -= {name for model in models for name in indexes_of(model)}
    problems += [f"{manifest.folder}/service.toml: table.indexes: no model has the index {name}" for name in missing]
    if problems:
        raise ConfigurationError(problems)
    return models


def indexes_of(model: type[Model]) -> dict[str, Index[Model]]:
    """Return a model's indexes by their names in DynamoDB."""
    return {str(index.Meta.index_name): index for index in model._indexes.values()}  # noqa: SLF001 - PynamoDB has no other way


def keys_of(part: Table | ManifestIndex) -> list[str]:
    """Return the attributes of a key: one or two."""
    return [part.partition_key, *([part.sort_key] if part.sort_key else [])]


def _misfits(model: type[Model], manifest: Manifest) -> Iterator[str]:
    name = f"{manifest.folder}: {model.__name__}"
    if manifest.table is None:
        yield f"{name}: a model, but service.toml has no [table]"
        return
    attributes = model.get_attributes().values()
    keys = [each.attr_name for each in attributes if each.is_hash_key]
    keys += [each.attr_name for each in attributes if each.is_range_key]
    if keys != keys_of(manifest.table):
        yield f"{name}: its keys are {keys}, in service.toml {keys_of(manifest.table)}"
    declared = {index.name: keys_of(index) for index in manifest.table.indexes}
    for index_name, index in indexes_of(model).items():
        found = _index_keys(index)
        if found != declared.get(index_name):
            yield f"{name}: the keys of {index_name} are {found}, in service.toml {declared.get(index_name, 'missing')}"


def _index_keys(index: Index[Model]) -> list[str]:
    schema = index._get_schema()["key_schema"]  # noqa: SLF001 - PynamoDB has no public way
    # HASH sorts before RANGE.
    return [each["AttributeName"] for each in sorted(schema, key=lambda each: str(each["KeyType"]))]
