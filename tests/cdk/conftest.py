"""One synthesis for all tests that read templates: starting the CDK takes seconds."""

import inspect
from collections.abc import Sequence
from pathlib import Path

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from cdk.synthesis import synthesize as synthesize_into
from tests.cdk.project import PARCELS, Project, environments_of_examples
from tests.cdk.templates import Assembly, Synthesize, Template


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test as slow if it synthesizes an app of its own, which takes seconds."""
    if isinstance(item, pytest.Function) and "synthesize" in inspect.signature(item.function).parameters:
        item.add_marker(pytest.mark.slow)


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
    return next(environment for environment in environments_of_examples() if environment.name == "local")


@pytest.fixture(scope="session")
def dev() -> Environment:
    return next(environment for environment in environments_of_examples() if environment.name == "dev")


@pytest.fixture(scope="session")
def prod() -> Environment:
    return next(environment for environment in environments_of_examples() if environment.name == "prod")


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize services in the requested environments, by default in all; each bundle is an empty zip."""

    def run(manifests: Sequence[Manifest], environments: Sequence[Environment] = ()) -> Assembly:
        everywhere = environments or environments_of_examples()
        return Assembly(synthesize_into(tmp_path_factory.mktemp("assembly"), everywhere, manifests))

    return run


@pytest.fixture(scope="session")
def assembly(synthesize: Synthesize, examples: Sequence[Manifest]) -> Assembly:
    """The example services, synthesized once."""
    return synthesize(examples)


@pytest.fixture(scope="session")
def own_services(synthesize: Synthesize) -> Assembly:
    """The services of this project, synthesized once."""
    return synthesize(load_manifests())


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    """The publishing example, locally."""
    return assembly.stack("platform-local-orders")


@pytest.fixture
def ledger(assembly: Assembly) -> Template:
    """The consuming example, locally."""
    return assembly.stack("platform-local-ledger")


@pytest.fixture
def albums(assembly: Assembly) -> Template:
    """The example with a bucket, locally."""
    return assembly.stack("platform-local-albums")


@pytest.fixture(scope="session")
def parcels_anywhere(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The example with work queues and settings, synthesized once."""
    project = Project(tmp_path_factory.mktemp("parcels"))
    project.add_service("parcels", PARCELS, "planner", "printer", "driver")
    return synthesize(load_manifests(project.folder))


@pytest.fixture
def parcels(parcels_anywhere: Assembly) -> Template:
    """The example with work queues and settings, locally."""
    return parcels_anywhere.stack("platform-local-parcels")
