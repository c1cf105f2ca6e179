"""The publishers and consumers of each event, from the manifests."""

from collections.abc import Iterator, Sequence

from cdk.settings.manifest import Manifest
from functions.shared.interface.names import EVERY_EVENT
from tools.contracts.contract import Contract


def publishers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that publish an event, for example `users.relay`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if manifest.service == contract.service and contract.event_type in function.publishes
    ]


def consumers(contract: Contract, manifests: Sequence[Manifest]) -> list[str]:
    """Return the functions that consume an event, for example `activity.consumer`."""
    return [
        f"{manifest.service}.{name}"
        for manifest in manifests
        for name, function in manifest.functions.items()
        if {contract.name, EVERY_EVENT} & {*function.consumes}
    ]


def orphans(contracts: Sequence[Contract], manifests: Sequence[Manifest]) -> Iterator[str]:
    """Yield a problem for each contract without a publisher."""
    for contract in contracts:
        if not publishers(contract, manifests):
            manifest = f"functions/{contract.service}/service.toml"
            yield f"{contract.file}: no function publishes it; add {contract.event_type} to publishes in {manifest}"
