"""The release check of each service: a good version passes and leaves no trace."""

import pytest

from cdk.settings.manifests import load_manifests
from cdk.settings.synthetic import read_synthetic, release_checks
from functions.shared.release_check.calls import check, openapi_of
from tests.shared.release_check.versions import SERVICES, deployed, handler_of, invoke_with, stored

# `make check` checks the API of one service, as each takes half a second.
FAST = "users-api"
FUNCTIONS = [
    pytest.param(
        manifest.service,
        function,
        id=f"{manifest.service}-{function}",
        marks=() if f"{manifest.service}-{function}" == FAST else pytest.mark.slow,
    )
    for manifest in load_manifests()
    for function in manifest.functions
]


@pytest.mark.parametrize(("service", "function"), FUNCTIONS)
def test_a_good_version_passes_and_leaves_no_trace(aws: None, service: str, function: str) -> None:
    manifest = SERVICES[service]
    checks = release_checks(manifest, read_synthetic(manifest))

    with deployed(manifest):
        invoke = invoke_with(handler_of(manifest, function))
        before = stored(manifest)
        serving = openapi_of(checks, invoke) if function == "api" else None
        check(checks, function, invoke, serving=serving)

        assert stored(manifest) == before


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_rehearses_a_read_and_a_miss(service: str) -> None:
    reads = {each.status for each in read_synthetic(SERVICES[service]).requests if each.method == "GET"}

    # The console has no resources of its own to miss.
    assert reads >= ({200, 404} if SERVICES[service].table else {200})


@pytest.mark.parametrize("service", ["activity", "imports", "webhooks"])
def test_a_consumer_with_effects_in_its_table_alone_rehearses_an_event(service: str) -> None:
    assert read_synthetic(SERVICES[service]).events["consumer"]
