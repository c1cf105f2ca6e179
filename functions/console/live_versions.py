"""The `Versions` of the console: the alias `live` of each function."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from functions.console.calls import at_once, translated_errors
from functions.console.domain import Live
from functions.shared.aws.clients import client
from functions.shared.interface.names import ALIAS

if TYPE_CHECKING:
    from functions.console.ports import Versions


class LiveVersions:
    """Reads the aliases of functions from Lambda, several at the same time."""

    def list_live(self, functions: Sequence[str]) -> Mapping[str, Live]:
        """See `Versions.list_live`."""
        return {live.function: live for live in at_once(_live, functions) if live}


def _live(function: str) -> Live | None:
    lambda_ = client("lambda")
    with translated_errors():
        try:
            alias: Mapping[str, Any] = lambda_.get_alias(FunctionName=function, Name=ALIAS)
        except lambda_.exceptions.ResourceNotFoundException:
            return None
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    canary, share = next(iter(weights.items()), (None, 0.0))
    return Live(function=function, version=alias["FunctionVersion"], canary=canary, share=share)


if TYPE_CHECKING:
    _: Versions = LiveVersions()
