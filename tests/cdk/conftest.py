"""One synthesis for all tests that read templates: starting the CDK takes seconds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from cdk.environment import Environment, load_environment
from cdk.manifest import Manifest
from cdk.platform import add_stacks
from cdk.services import PROJECT, load_manifests
from tests.cdk.project import Project
from tests.cdk.templates import Assembly


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Manifest]:
    project = Project(tmp_path_factory.mktemp("examples"))
    project.add_examples()
    return load_manifests(project.folder)


@pytest.fixture(scope="session")
def local() -> Environment:
    return load_environment("local")


@pytest.fixture(scope="session")
def prod() -> Environment:
    return load_environment("prod")


@pytest.fixture(scope="session")
def feature_flags() -> Mapping[str, Any]:
    context: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text("utf-8"))["context"]
    return context


@pytest.fixture(scope="session")
def assembly(
    tmp_path_factory: pytest.TempPathFactory,
    examples: Sequence[Manifest],
    local: Environment,
    prod: Environment,
    feature_flags: Mapping[str, Any],
) -> Assembly:
    """The example services in two environments, local and prod."""
    return synthesize(tmp_path_factory.mktemp("assembly"), [local, prod], examples, feature_flags)


def synthesize(
    folder: Path,
    environments: Sequence[Environment],
    manifests: Sequence[Manifest],
    feature_flags: Mapping[str, Any],
) -> Assembly:
    """Synthesize; each bundle is an empty zip."""
    bundles = {}
    for manifest in manifests:
        bundles[manifest.service] = folder / f"{manifest.service}-test-0123456789abcdef.zip"
        bundles[manifest.service].write_bytes(b"PK\x05\x06" + bytes(18))
    app = App(context=feature_flags, outdir=str(folder / "cdk.out"), analytics_reporting=False)
    for environment in environments:
        add_stacks(app, environment, manifests, bundles)
    app.synth()
    return Assembly(folder / "cdk.out")
