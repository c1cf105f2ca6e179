"""The targets that webhooks may call: the guard against server-side request forgery.

A subscriber chooses a URL that our functions then call. Without a guard, that URL could lead to addresses that only our
functions reach: the runtime API on loopback, the instance metadata on a link-local address, hosts in a private network.
Three rules, here and in `sender.py`, prevent this:

- A URL is `https`, on port 443 or 8443, has a host in one canonical form, and no user. Anything that two parsers could
  read differently is refused: other notations of addresses (`127.1`, `0x7f000001`), backslashes, spaces, and
  characters outside ASCII.
- Every address that the host resolves to is a global unicast address. IPv6 addresses that contain an IPv4 address
  (mapped, 6to4, NAT64, Teredo) are always refused. The addresses are checked when a webhook is created or changed, to
  report mistakes early, and again before each attempt, because DNS changes.
- The connection goes to the checked address, and redirects are not followed: no second look-up happens between the
  check and the call.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from functions.webhooks.errors import RefusedTarget

URL_CHARACTERS = 2048
PORTS = (443, 8443)

type Address = IPv4Address | IPv6Address

# Printable ASCII: parsers can take other characters for different ones, or for the end of the URL.
_URL = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_LOOPBACK_NAME = "localhost"
# Global unicast is 2000::/3; the special ranges in it contain IPv4 addresses, or serve documentation (RFC 9637):
# https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SPECIAL = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
# The former anycast addresses of 6to4 relays: https://www.rfc-editor.org/rfc/rfc7526
_RELAYS = IPv4Network("192.88.99.0/24")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that may be called if all its addresses are public.

    Attributes:
        host: A name in lower case, or an address without brackets.
        path: Includes the query.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        return _authority(self.host, None if self.port == _PORT_OF[self.scheme] else self.port)


_PORT_OF = {"https": 443, "http": 80}


def target_of(url: str, *, loopback: bool) -> Target:
    """Parse a URL strictly.

    Args:
        url: As the subscriber gave it.
        loopback: Also allow this machine, over plain HTTP and on any port.

    Raises:
        RefusedTarget: The URL breaks a rule, which the error names.
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
    host = _host(parts.hostname or "", loopback=loopback)
    # Nothing else may stand there: text behind a bracket, zeros before a port, a colon without a port.
    if parts.netloc.lower() != _authority(host, port):
        raise RefusedTarget("Expected a host and a port in their usual form.")
    is_local = loopback and _is_this_machine(host)
    if parts.scheme != "https" and not (is_local and parts.scheme == "http"):
        raise RefusedTarget("Expected a URL that begins with https://.")
    if port is None:
        port = _PORT_OF[parts.scheme]
    elif port not in PORTS and not (is_local and port):
        raise RefusedTarget(f"Expected port {' or '.join(map(str, PORTS))}.")
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return Target(scheme=parts.scheme, host=host, port=port, path=f"{path}?{parts.query}" if parts.query else path)


def check_address(address: Address, *, loopback: bool) -> None:
    """Check that an address is public.

    Raises:
        RefusedTarget: The address is private, loopback, link-local, of a tunnel, or otherwise special.
    """
    if loopback and _is_loopback(address):
        return
    if not _is_public(address):
        raise RefusedTarget("The URL leads to an address that is not public.")


def _authority(host: str, port: int | None) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def _host(host: str, *, loopback: bool) -> str:
    if loopback and host == _LOOPBACK_NAME:
        return host
    try:
        address = ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise RefusedTarget("Expected a full domain name, or an address in its usual form.") from None
        return host
    # A zone (`%eth0`) names an interface of one machine: RFC 6874.
    if address.compressed != host or "%" in host:
        raise RefusedTarget("Expected an address in its usual form.")
    check_address(address, loopback=loopback)
    return host


def _is_this_machine(host: str) -> bool:
    try:
        return _is_loopback(ip_address(host))
    except ValueError:
        return host == _LOOPBACK_NAME


def _is_loopback(address: Address) -> bool:
    # An IPv4-mapped IPv6 address never counts as loopback.
    return address.is_loopback and not (isinstance(address, IPv6Address) and address.ipv4_mapped)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_UNICAST or any(address in special for special in _SPECIAL):
            return False
    elif address in _RELAYS:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
