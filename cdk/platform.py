"""All stacks of one environment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from constructs import Construct

from cdk.environment import Environment
from cdk.event_bus import EventsStack
from cdk.http_entry import check_priorities
from cdk.manifest import Manifest
from cdk.network import NetworkStack
from cdk.service import ServiceStack


def add_stacks(
    scope: Construct,
    environment: Environment,
    manifests: Sequence[Manifest],
    bundles: Mapping[str, Path],
) -> None:
    """Add what the services share, then one stack a service.

    Raises:
        ConfigurationError: Two services have one rule priority.
    """
    check_priorities(manifests)
    network = NetworkStack(scope, f"{environment.prefix}-network", environment=environment)
    events = EventsStack(scope, f"{environment.prefix}-events", environment=environment)
    for manifest in manifests:
        ServiceStack(
            scope,
            f"{environment.prefix}-{manifest.service}",
            environment=environment,
            manifest=manifest,
            bundle=bundles[manifest.service],
            bus=events.bus,
            listener=network.listener,
        )
