"""Keep the URLs of queues when the embedded AWS moves to another port.

Relies on `sqs.DEFAULT_PORT`, a part of the URL by which `sqs` finds a queue and CloudFormation names it. The URL is
only a name: SDKs send requests to their endpoint, and answers contain the host that the request was sent to.
"""

from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import sqs

from local.embedded_aws.extension import Extension, Hook

_PORT = "4566"

_upstream_restore = sqs._restore_state


def _restore(data: dict[str, Any] | None) -> None:
    """Also rename queues of a state that was written with another port in their URLs."""
    if not data or not isinstance(data.get("queues"), AccountRegionScopedDict):
        _upstream_restore(data)
        return
    renamed = AccountRegionScopedDict()
    for (account, region, url), queue in data["queues"]._data.items():
        name = queue.get("name") or url.rpartition("/")[2]
        queue["url"] = sqs._queue_url_for_account(account, name)
        renamed._data[account, region, queue["url"]] = queue
    _upstream_restore({**data, "queues": renamed})


def _install() -> None:
    sqs.DEFAULT_PORT = _PORT
    sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{_PORT}"
    sqs._restore_state = _restore


EXTENSION = Extension(
    closes="On another port than before, the embedded AWS did not find its queues, and their events were lost.",
    hooks=(
        Hook(
            module="ministack.services.sqs", name="_queue_url_for_account", contains=(":{DEFAULT_PORT}/{account_id}/",)
        ),
        Hook(module="ministack.services.sqs", name="_externalize_url", contains=("_CANONICAL_NETLOC",)),
        Hook(module="ministack.services.sqs", name="_restore_state", parameters=("data",)),
        Hook(module="ministack.services.sqs", name="load_persisted_state", contains=("return _restore_state(data)",)),
    ),
    install=_install,
)
