"""Keep the records of a table's stream when the embedded AWS stops; MiniStack keeps only its readers' positions.

Relies on `dynamodb.get_state` and `dynamodb.load_persisted_state`, which left the records out: after a start, a reader
skipped as many new records as it had read before, and its unread records were lost.
"""

import copy
from typing import Any

from ministack.services import dynamodb

from local.embedded_aws.extension import Extension, Hook

_KEPT = ("_stream_records", "_stream_trimmed")


def _install() -> None:
    get_state, load_state = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state_with_streams() -> dict[str, Any]:
        state: dict[str, Any] = get_state()
        return {**state, **{name: copy.deepcopy(getattr(dynamodb, name)) for name in _KEPT}}

    def load_state_with_streams(state: dict[str, Any]) -> None:
        load_state(state)
        for name in _KEPT:
            getattr(dynamodb, name).update(state.get(name, {}))

    dynamodb.get_state, dynamodb.load_persisted_state = get_state_with_streams, load_state_with_streams


EXTENSION = Extension(
    closes="After a start, readers of a stream missed records, because only their positions had been kept.",
    hooks=(
        Hook(module="ministack.services.dynamodb", name="get_state", parameters=(), contains=('"tables": tables,',)),
        Hook(module="ministack.services.dynamodb", name="load_persisted_state", parameters=("data",)),
        *(Hook(module="ministack.services.dynamodb", name=name) for name in _KEPT),
        Hook(module="ministack.core.responses", name="AccountRegionScopedDict.update"),
    ),
    install=_install,
)
