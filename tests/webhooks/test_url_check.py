from ipaddress import ip_address

import pytest

from functions.webhooks.errors import RefusedTarget
from functions.webhooks.resolver import UnknownHost
from functions.webhooks.targets import Address
from functions.webhooks.url_check import UrlCheck


def check(url: str, *addresses: str) -> None:
    def look_up(host: str, *, timeout_s: float) -> list[Address]:
        if not addresses:
            raise UnknownHost(host)
        return [ip_address(each) for each in addresses]

    UrlCheck(loopback=False, look_up=look_up)(url)


def test_a_name_with_public_addresses_or_without_addresses_passes() -> None:
    check("https://receiver.example.com/", "93.184.215.14", "2606:4700::1111")
    check("https://receiver.example.com/")


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1"])
def test_a_name_with_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(RefusedTarget):
        check("https://receiver.example.com/", "93.184.215.14", address)
