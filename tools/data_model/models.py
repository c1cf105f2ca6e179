"""The PynamoDB models of a service: what they are, and whether they fit its manifest."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from pynamodb.indexes import Index
from pynamodb.models import Model

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Manifest
from tools.data_model.capacity import Item
from tools.data_model.table import keys_of


def repository_modules(manifest: Manifest, project: Path) -> list[str]:
    """Return the modules of a service that speak PynamoDB."""
    return [
        ".".join(file.relative_to(project).with_suffix("").parts)
        for file in sorted((project / manifest.folder).rglob("*.py"))
        if "pynamodb" in file.read_text("utf-8")
    ]


def models_of(manifest: Manifest, project: Path) -> list[type[Model]]:
    """Return a service's models, in the order of its sources.

    Raises:
        ConfigurationError: A model has other keys or indexes than the manifest says.
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


def public_methods(manifest: Manifest, project: Path) -> Iterator[tuple[str, object]]:
    """Yield the name and the code of each public method of the repositories: `UserRepository.add`."""
    for name in repository_modules(manifest, project):
        for each in vars(importlib.import_module(name)).values():
            if inspect.isclass(each) and each.__module__ == name and each.__name__.endswith("Repository"):
                for method_name, method in vars(each).items():
                    if inspect.isfunction(method) and not method_name.startswith("_"):
                        yield f"{each.__name__}.{method_name}", inspect.unwrap(method).__code__


def model_of(item: Item, models: list[type[Model]]) -> type[Model] | None:
    """Find the model that an item is of: it has every attribute of the item, and all that it requires are there."""
    for model in sorted(models, key=lambda model: len(model.get_attributes())):
        attributes = {attribute.attr_name: attribute for attribute in model.get_attributes().values()}
        required = {name for name, attribute in attributes.items() if not attribute.null}
        if required <= item.keys() <= attributes.keys():
            return model
    return None


def _misfits(model: type[Model], manifest: Manifest) -> Iterator[str]:
    who = f"{manifest.folder}: {model.__name__}"
    if manifest.table is None:
        yield f"{who}: a model, and service.toml has no [table]"
        return
    attributes = model.get_attributes().values()
    keys = [each.attr_name for each in attributes if each.is_hash_key]
    keys += [each.attr_name for each in attributes if each.is_range_key]
    if keys != keys_of(manifest.table):
        yield f"{who}: its keys are {keys}, those of service.toml {keys_of(manifest.table)}"
    declared = {index.name: keys_of(index) for index in manifest.table.indexes}
    for name, index in indexes_of(model).items():
        found = _index_keys(index)
        if found != declared.get(name):
            yield f"{who}: the keys of {name} are {found}, those of service.toml {declared.get(name, 'not there')}"


def _index_keys(index: Index[Model]) -> list[str]:
    schema = index._get_schema()["key_schema"]  # noqa: SLF001
    # HASH sorts before RANGE.
    return [each["AttributeName"] for each in sorted(schema, key=lambda each: str(each["KeyType"]))]
