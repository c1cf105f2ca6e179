"""Publishers and consumers of events, from the manifests."""

from collections.abc import Iterator, Sequence

from cdk.settings.manifest import Manifest
from functions.shared.interface.names import EVERY_EVENT
from tools.contracts.contract import Contract


def publishers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that publish an event, such as `users.relay`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if manifest.service == contract.service and contract.event_type in function.publishes
    ]


def is_published_by_operators(contract: Contract, manifests: Sequence[Manifest]) -> bool:
    """Return true if an operator's command publishes the event."""
    return any(
        manifest.service == contract.service and contract.event_type in manifest.operators_publish
        for manifest in manifests
    )


def consumers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that consume an event, such as `activity.consumer`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if {contract.name, EVERY_EVENT} & {*function.consumes}
    ]


def orphans(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> Iterator[str]:
    """Yield a message for each contract without a publisher."""
    for contract in contracts:
        if not publishers(contract, manifests) and not is_published_by_operators(contract, manifests):
            manifest = f"functions/{contract.service}/service.toml"
            yield f"{contract.file}: no function publishes it; add {contract.event_type} to publishes in {manifest}"
