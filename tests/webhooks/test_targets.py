"""Allowed and refused URLs; the refused addresses are typical targets of server-side request forgery."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.errors import RefusedTarget
from functions.webhooks.targets import URL_CHARACTERS, check_address, target_of

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::200e"]


def refused(url: str, *, loopback: bool = False) -> str:
    with pytest.raises(RefusedTarget) as caught:
        target_of(url, loopback=loopback)
    return caught.value.detail


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(RefusedTarget):
        check_address(ip_address(address), loopback=False)
    refused(f"https://[{address}]/" if ":" in address else f"https://{address}/")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address: str) -> None:
    check_address(ip_address(address), loopback=False)
    assert target_of(f"https://[{address}]/" if ":" in address else f"https://{address}/", loopback=False)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_inside_an_ipv6_address_passes(address: IPv4Address) -> None:
    number = int(address)
    for carrier in ("::ffff:0:0", "::", "64:ff9b::", "2002::", "2001::"):
        shift = {"2002::": 80}.get(carrier, 0)
        with pytest.raises(RefusedTarget):
            check_address(IPv6Address(int(IPv6Address(carrier)) | number << shift), loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.1./",
        "https://[::ffff:7f00:1]/",
        "https://[::1%25lo]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::1/",
        "https://[2606:4700::1111]x/",
        "https://[2606:4700::1111]x:443/",
        "https://x[2606:4700::1111]/",
        "https://[2606:4700::1111%1]/",
        "https://[2606:4700::1111%251]/",
        "https://example.com:/",
        "https://example.com:0443/",
        "https://example.com:+443/",
        "https://example.com:443:443/",
        "https://::1/",
        "https://[1.1.1.1]/",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://intranet/",
        "https://example.com./",
        "https://ex%61mple.com/",
        "https://example.com%2f@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://ⓔxample.com/",
        "https://example.com/\n",
        "https://exam\tple.com/",
        " https://example.com/",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://@example.com/",
        "https://example.com/#fragment",
        "https://example.com#",
        "https://example.com:22/",
        "https://example.com:80/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:port/",
        "https://-example.com/",
        "https://example..com/",
        "https:///path",
        "https://",
        "https:example.com",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "",
        f"https://example.com/{'x' * URL_CHARACTERS}",
    ],
)
def test_a_url_that_is_ambiguous_or_not_https_is_refused(url: str) -> None:
    refused(url)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://Example.COM/Hooks?a=1&b=%20", "example.com", "/Hooks?a=1&b=%20"),
        ("https://example.com:443/", "example.com", "/"),
        ("https://example.com:8443?x", "example.com:8443", "/?x"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443", "/"),
    ],
)
def test_an_ordinary_url_is_parsed(url: str, authority: str, path: str) -> None:
    target = target_of(url, loopback=False)

    assert (target.scheme, target.authority, target.path) == ("https", authority, path)


@pytest.mark.parametrize("url", ["http://localhost:9/", "http://127.0.0.1/", "https://[::1]:12345/"])
def test_this_machine_may_be_called_if_the_setting_allows_it(url: str) -> None:
    assert target_of(url, loopback=True)
    refused(url)


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://example.com:22/", "http://10.0.0.1/", "http://[fd00::1]/"]
)
def test_the_setting_allows_nothing_else(url: str) -> None:
    refused(url, loopback=True)


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        target = target_of(f"https://{text}", loopback=False)
    except RefusedTarget:
        return
    assert target.host in text.lower()


HOSTS = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.com",
        "8.8.8.8",
        "2606:4700::1111",
        "[2606:4700::1111]",
        "[2606:4700::1111%1]",
        "localhost",
    ]
)
PIECES = st.sampled_from(
    [":", "443", "8443", "0443", "[", "]", "%", "%25", "@", ".", "x", "1", "-", "?", "/", "#", "&"]
)


@given(HOSTS, st.lists(PIECES, max_size=4), st.lists(PIECES, max_size=2), st.sampled_from(["", "/", "/a?b"]))
def test_the_authority_of_every_allowed_url_is_its_host_and_port_and_nothing_else(
    host: str, after: list[str], before: list[str], rest: str
) -> None:
    url = "https://" + "".join([*before, host, *after, rest])
    try:
        target = target_of(url, loopback=False)
    except RefusedTarget:
        return

    written = url.removeprefix("https://").partition("/")[0].partition("?")[0].lower()
    canonical = f"[{target.host}]" if ":" in target.host else target.host
    assert written in {f"{canonical}:{target.port}", *([canonical] if target.port == 443 else [])}
    assert "%" not in target.host
