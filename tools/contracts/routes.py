"""Who publishes an event and who takes it, as the manifests say."""

from collections.abc import Iterator, Sequence

from cdk.settings.manifest import Manifest
from functions.shared.interface.names import EVERY_EVENT
from tools.contracts.contract import Contract


def publishers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that publish an event, as `users.relay`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if manifest.service == contract.service and contract.event_type in function.publishes
    ]


def consumers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that take an event, as `activity.consumer`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if {contract.name, EVERY_EVENT} & {*function.consumes}
    ]


def orphans(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> Iterator[str]:
    """Say which contracts nobody publishes."""
    for contract in contracts:
        if not publishers(contract, manifests):
            manifest = f"functions/{contract.service}/service.toml"
            yield f"{contract.file}: nobody publishes it; name {contract.event_type} under publishes in {manifest}"
