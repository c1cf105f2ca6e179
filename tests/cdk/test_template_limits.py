"""No template comes near to what CloudFormation takes at most, with many services that have everything."""

from collections.abc import Sequence

import pytest

from cdk.environment import environment_names
from cdk.manifest import Manifest
from tests.cdk.templates import Assembly, Synthesize

pytestmark = pytest.mark.slow

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
TEMPLATE_BYTES = 1_000_000
RESOURCES = 500
SERVICES = 20
# Network, events, identity, alarms and the dashboard.
SHARED_STACKS = 5
# The gateway of dev and of prod; and of prod the backups, their copies elsewhere and the guardrails.
MORE_ON_AWS = 2 + 3


@pytest.fixture
def many(examples: Sequence[Manifest], synthesize: Synthesize) -> Assembly:
    """Copies of one service with an API, a relay, a consumer and a bucket; its bundle is never built."""
    by_name = {manifest.service: manifest for manifest in examples}
    albums, ledger, orders = (by_name[name] for name in ("albums", "ledger", "orders"))
    assert orders.http
    services = []
    for number in range(SERVICES):
        name = f"copies{number}"
        http = orders.http.model_copy(update={"path": f"/{name}"})
        functions = {**orders.functions, **ledger.functions, **albums.functions}
        services.append(
            orders.model_copy(update={"service": name, "http": http, "bucket": albums.bucket, "functions": functions})
        )
    return synthesize(services)


def test_every_template_is_within_the_limits_with_twenty_services(many: Assembly) -> None:
    stacks = many.stacks()

    assert len(stacks) == len(environment_names()) * (SHARED_STACKS + SERVICES) + MORE_ON_AWS
    for name, stack in stacks.items():
        assert (many.folder / f"{name}.template.json").stat().st_size <= TEMPLATE_BYTES, name
        assert len(stack.content["Resources"]) <= RESOURCES, name
