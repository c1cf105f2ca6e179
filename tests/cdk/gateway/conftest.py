"""Certificates, a stand-in for the load balancer, and the real Traefik in front of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Gateway as Limits
from cdk.settings.manifest import Manifest
from local.certificates import ensure_certificates
from tests.cdk.gateway.traefik import Gateway, run_traefik
from tests.cdk.gateway.upstream import Upstream, serve


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    ensure_certificates(folder, ("leaf",))
    return folder


@pytest.fixture(scope="session")
def _upstream(certificates: Path) -> Iterator[Upstream]:
    with serve(certificates / "leaf.pem", certificates / "leaf.key") as upstream:
        yield upstream


@pytest.fixture
def upstream(_upstream: Upstream) -> Upstream:
    """The stub, reset for each test."""
    _upstream.reset()
    return _upstream


@pytest.fixture(scope="session")
def gateway(
    tmp_path_factory: pytest.TempPathFactory,
    certificates: Path,
    _upstream: Upstream,
    local: Environment,
    examples: Sequence[Manifest],
) -> Iterator[Gateway]:
    """Traefik with the limits of the local environment."""
    folder = tmp_path_factory.mktemp("traefik")
    # A breaker that opens at the first error would answer requests of the next test.
    patient = changed(local, breaker_error_ratio=1)
    with run_traefik(folder, patient, examples, upstream_url=_upstream.url, certificates=certificates) as running:
        yield running


def changed(environment: Environment, **gateway: Any) -> Environment:
    """Return the environment with other limits."""
    limits = Limits.model_validate({**environment.gateway.model_dump(), **gateway})
    return environment.model_copy(update={"gateway": limits})
