"""Checks a URL when a webhook is created or changed, to report mistakes early; each attempt checks the URL again."""

from functions.webhooks.ports import Resolve
from functions.webhooks.resolver import UnknownHost, resolve
from functions.webhooks.targets import check_address, target_of

# The caller waits for the answer.
RESOLVED_WITHIN_S = 2.0


class UrlCheck:
    """Refuses URLs that webhooks may not call.

    A name that does not resolve passes: its owner may create it later, and attempts fail with `dns` until then.
    """

    def __init__(self, *, loopback: bool, look_up: Resolve = resolve) -> None:
        self._loopback = loopback
        self._look_up = look_up

    def __call__(self, url: str) -> None:
        """Check a URL.

        Raises:
            RefusedTarget: The URL is malformed, or leads to an address that is not public.
        """
        target = target_of(url, loopback=self._loopback)
        try:
            addresses = self._look_up(target.host, timeout_s=RESOLVED_WITHIN_S)
        except UnknownHost:
            return
        for address in addresses:
            check_address(address, loopback=self._loopback)
