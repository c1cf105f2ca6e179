import threading
from ipaddress import ip_address
from typing import Any

import pytest

from functions.webhooks.resolver import UnknownHost, resolve


def test_a_name_s_addresses_are_returned_in_their_order() -> None:
    found = [(0, 0, 0, "", ("93.184.215.14", 0)), (0, 0, 0, "", ("2606:4700::1111", 0, 0, 0))]

    addresses = resolve("receiver.example.com", timeout_s=5, getaddrinfo=lambda *_, **__: found)

    assert addresses == [ip_address("93.184.215.14"), ip_address("2606:4700::1111")]
    assert resolve("127.0.0.1", timeout_s=5) == [ip_address("127.0.0.1")]


def test_a_resolver_that_hangs_is_abandoned() -> None:
    ended = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        ended.wait(10)
        return []

    with pytest.raises(UnknownHost, match=r"in 0\.05 s"):
        resolve("receiver.example.com", timeout_s=0.05, getaddrinfo=hang)
    ended.set()


def test_an_unknown_name_is_an_error() -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise OSError("no such name")

    for answer in (fail, lambda *_, **__: []):
        with pytest.raises(UnknownHost, match="no address"):
            resolve("receiver.example.com", timeout_s=5, getaddrinfo=answer)
