"""Every template is within CloudFormation's limits, with twenty services that have every kind of resource."""

from collections.abc import Sequence

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.stack_names import SharedStack
from cdk.shared_stacks.network import GATEWAY
from tests.cdk.project import environments_of_examples
from tests.cdk.templates import Assembly, Synthesize

pytestmark = pytest.mark.slow

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
TEMPLATE_BYTES = 1_000_000
RESOURCES = 500
SERVICES = 20


@pytest.fixture
def many(examples: Sequence[Manifest], synthesize: Synthesize) -> Assembly:
    """Copies of one service with an API, a relay, a consumer and a bucket, with empty bundles."""
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


def shared_stacks(environment: Environment) -> set[str]:
    """Return the names of the shared stacks that an environment's file requests."""
    backup = environment.backup
    requested = {
        SharedStack.BACKUP: backup,
        SharedStack.BACKUP_COPIES: backup and backup.copy_region,
        SharedStack.CHAT: environment.chat,
        SharedStack.GATEWAY: GATEWAY not in environment.left_out,
        SharedStack.GUARDRAILS: environment.guardrails,
        SharedStack.INTEGRATIONS: False,
    }
    return {stack.of(environment) for stack in SharedStack if requested.get(stack, True)}


def test_every_template_is_within_the_limits_with_twenty_services(many: Assembly) -> None:
    stacks = many.stacks()

    environments = environments_of_examples()
    services = {f"{environment.prefix}-copies{number}" for environment in environments for number in range(SERVICES)}
    assert stacks.keys() == services.union(*map(shared_stacks, environments))
    for name, stack in stacks.items():
        assert (many.folder / f"{name}.template.json").stat().st_size <= TEMPLATE_BYTES, name
        assert len(stack.content["Resources"]) <= RESOURCES, name
