"""The CDK app and the stacks of an environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from constructs import Construct

from cdk.edge.gateway_stack import GatewayStack
from cdk.monitoring.alarms_stack import AlarmsStack
from cdk.monitoring.chat_stack import ChatStack
from cdk.monitoring.dashboard import DashboardStack
from cdk.service.http_entry import check_priorities
from cdk.service.service_stack import ServiceStack
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.stack_names import SharedStack
from cdk.shared_stacks.backup import add_backup
from cdk.shared_stacks.event_bus import EventsStack
from cdk.shared_stacks.guardrails import add_guardrails
from cdk.shared_stacks.identity import IdentityStack
from cdk.shared_stacks.integrations import IntegrationsStack, check_integrations
from cdk.shared_stacks.network import NetworkStack

PUBLISHES_ALARMS = "Its alarms publish to the topic."


def make_app(*, context: Mapping[str, Any] | None = None, folder: Path | None = None) -> App:
    """Make an app with reproducible output; by default, the CDK's command line sets the context and the folder."""
    return App(
        context={
            **(context or {}),
            # Stack traces contain the paths of a temporary folder of the CDK, a different one in every run.
            "aws:cdk:disable-creation-stack-traces": True,
            "aws:cdk:disable-stack-trace": True,
        },
        outdir=str(folder) if folder else None,
        analytics_reporting=False,
    )


def add_stacks(
    scope: Construct,
    environment: Environment,
    manifests: Sequence[Manifest],
    bundles: Mapping[str, Path],
    gateway_image: Path | None,
) -> None:
    """Add the shared stacks, then a stack for each service.

    Args:
        scope: The app.
        environment: The environment.
        manifests: The manifests of all services.
        bundles: The zip of each bundle, by key.
        gateway_image: The folder of the gateway's image; None if the environment has no gateway on ECS.

    Raises:
        ConfigurationError: Two services have the same rule priority, or an integration has an unknown scope.
    """
    check_priorities(manifests)
    check_integrations(environment, manifests)
    add_backup(scope, environment)
    add_guardrails(scope, environment)
    alarms = AlarmsStack(scope, SharedStack.ALARMS.of(environment), environment=environment)
    network = NetworkStack(scope, SharedStack.NETWORK.of(environment), environment=environment)
    if network.serves_the_gateway and gateway_image:
        gateway = GatewayStack(
            scope,
            SharedStack.GATEWAY.of(environment),
            environment=environment,
            network=network,
            image_folder=gateway_image,
        )
        gateway.add_dependency(alarms, PUBLISHES_ALARMS)
    events = EventsStack(scope, SharedStack.EVENTS.of(environment), environment=environment)
    events.add_dependency(alarms, PUBLISHES_ALARMS)
    identity = IdentityStack(scope, SharedStack.IDENTITY.of(environment), environment=environment)
    stacks = {
        manifest.service: ServiceStack(
            scope,
            f"{environment.prefix}-{manifest.service}",
            environment=environment,
            manifest=manifest,
            manifests=manifests,
            bundles=bundles,
            bus=events.bus,
            identity=identity,
            listener=network.listener,
        )
        for manifest in manifests
    }
    for stack in stacks.values():
        stack.add_dependency(alarms, PUBLISHES_ALARMS)
    for manifest in manifests:
        for service in sorted(manifest.reaches):
            stacks[manifest.service].add_dependency(stacks[service], "It imports the name of the bucket.")
    if environment.integrations:
        name = SharedStack.INTEGRATIONS.of(environment)
        integrations = IntegrationsStack(scope, name, environment=environment, identity=identity)
        for stack in stacks.values():
            integrations.add_dependency(stack, "Its clients' scopes are the services'.")
    DashboardStack(
        scope,
        SharedStack.DASHBOARD.of(environment),
        environment=environment,
        manifests=manifests,
        has_gateway=network.serves_the_gateway,
    )
    if environment.chat:
        others = [each for each in scope.node.children if isinstance(each, Stack) and _is_of(each, environment)]
        chat = ChatStack(scope, SharedStack.CHAT.of(environment), environment=environment)
        for other in others:
            chat.add_dependency(other, "A channel that is refused must stop no other stack.")


def _is_of(stack: Stack, environment: Environment) -> bool:
    return stack.stack_name.startswith(f"{environment.prefix}-")
