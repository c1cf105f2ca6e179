"""The check of a URL when somebody subscribes: for a good message, since each attempt checks again."""

from functions.webhooks.resolver import Resolve, UnknownHost, resolve
from functions.webhooks.targets import check_address, target_of

# A person waits for the answer.
RESOLVED_WITHIN_S = 2.0


class UrlCheck:
    """Refuses URLs that lead to where no webhook may go.

    A name that resolves to nothing passes: it may be made tomorrow, and the log of attempts says `dns` until then.
    """

    def __init__(self, *, loopback: bool, look_up: Resolve = resolve) -> None:
        self._loopback = loopback
        self._look_up = look_up

    def __call__(self, url: str) -> None:
        """Look at a URL.

        Raises:
            RefusedTarget: It is malformed, or leads to an address that is not public.
        """
        target = target_of(url, loopback=self._loopback)
        try:
            addresses = self._look_up(target.host, timeout_s=RESOLVED_WITHIN_S)
        except UnknownHost:
            return
        for address in addresses:
            check_address(address, loopback=self._loopback)
