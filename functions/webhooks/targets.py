"""Where a webhook may go: what guards against server-side request forgery.

Who subscribes chooses an address that our functions then call. Without a guard they could have us call what only we
can reach: the runtime API on loopback, an instance's metadata on a link-local address, neighbours in a private
network. Three rules together keep them out, here and in `sender.py`:

- a URL is `https`, on port 443 or 8443, names a host in one canonical form, and carries no user. Whatever two parsers
  could read differently is refused: other notations of addresses (`127.1`, `0x7f000001`), backslashes, spaces,
  anything that is not ASCII;
- every address that the host's name resolves to must be a global unicast one. IPv6 addresses that carry an IPv4 one
  (mapped, 6to4, NAT64, Teredo) are refused whatever they carry. This is looked at when a webhook is made, for a good
  message, and again before each attempt, since names change;
- the connection goes to the very address that was looked at, and no redirect is followed: there is no second look-up
  between the check and the call.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from functions.webhooks.errors import RefusedTarget

URL_CHARACTERS = 2048
PORTS = (443, 8443)

type Address = IPv4Address | IPv6Address

# Printable ASCII, and nothing that one parser takes for another character or for an end.
_URL = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_LOOPBACK_NAME = "localhost"
# Global unicast is 2000::/3; within it, what carries IPv4 addresses, and what documentation uses since RFC 9637:
# https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SPECIAL = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
# Once the anycast address of 6to4's relays: https://www.rfc-editor.org/rfc/rfc7526
_RELAYS = IPv4Network("192.88.99.0/24")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be called, as far as it says itself.

    Attributes:
        host: A name in lower case, or an address without brackets.
        path: With the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORT_OF[self.scheme] else f"{host}:{self.port}"


_PORT_OF = {"https": 443, "http": 80}


def target_of(url: str, *, loopback: bool) -> Target:
    """Read a URL strictly.

    Args:
        url: What the subscriber wrote.
        loopback: This machine may be called too, over plain HTTP and on any port.

    Raises:
        RefusedTarget: With the rule that it breaks.
    """
    if not _URL.fullmatch(url) or "\\" in url or len(url) > URL_CHARACTERS:
        raise RefusedTarget(f"Expected a URL of at most {URL_CHARACTERS} printable ASCII characters, no backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedTarget("Expected a well-formed URL.") from error
    if "@" in parts.netloc:
        raise RefusedTarget("Expected a URL without user and password.")
    if "#" in url:
        raise RefusedTarget("Expected a URL without a fragment.")
    host = _host(parts.netloc, parts.hostname or "", loopback=loopback)
    here = loopback and _is_here(host)
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise RefusedTarget("Expected a URL that begins with https://.")
    if port is None:
        port = _PORT_OF[parts.scheme]
    elif port not in PORTS and not (here and port):
        raise RefusedTarget(f"Expected port {' or '.join(map(str, PORTS))}.")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return Target(scheme=parts.scheme, host=host, port=port, path=f"{path}?{parts.query}" if parts.query else path)


def check_address(address: Address, *, loopback: bool) -> None:
    """Refuse an address that is not for everybody.

    Raises:
        RefusedTarget: It is private, of this machine, of the link, of a tunnel, or otherwise special.
    """
    if loopback and _is_loopback(address):
        return
    if not _is_public(address):
        raise RefusedTarget("The URL leads to an address that is not public.")


def _host(netloc: str, host: str, *, loopback: bool) -> str:
    if loopback and host == _LOOPBACK_NAME:
        return host
    try:
        address = ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise RefusedTarget("Expected a full domain name, or an address in its usual form.") from None
        return host
    if isinstance(address, IPv6Address) != netloc.startswith("[") or address.compressed != host:
        raise RefusedTarget("Expected an address in its usual form.")
    check_address(address, loopback=loopback)
    return host


def _is_here(host: str) -> bool:
    try:
        return _is_loopback(ip_address(host))
    except ValueError:
        return host == _LOOPBACK_NAME


def _is_loopback(address: Address) -> bool:
    # An IPv4 address in the clothes of IPv6 is none, whatever it is.
    return address.is_loopback and not (isinstance(address, IPv6Address) and address.ipv4_mapped)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_UNICAST or any(address in special for special in _SPECIAL):
            return False
    elif address in _RELAYS:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
