"""The times at which the keys are fetched, and the behaviour if the pool does not answer."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import jwt
import pytest

from functions.shared.auth.signing_keys import (
    FETCH_INTERVAL_S,
    KEPT_S,
    REFRESHED_AFTER_S,
    RETRY_INTERVAL_S,
    SigningKeys,
    fetch_key_set,
)
from functions.shared.errors import Unavailable
from tests.tokens import KEY_ID, key_set


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Pool:
    """A pool that answers, or fails, after a delay."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.key_ids = ["one"]
        self.is_away = False
        self.fetches = 0

    def fetch(self) -> jwt.PyJWKSet:
        self.fetches += 1
        if self.is_away:
            self.clock.now += 2 * RETRY_INTERVAL_S
            raise Unavailable
        return jwt.PyJWKSet.from_dict(key_set(*self.key_ids))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> Pool:
    return Pool(clock)


@pytest.fixture
def keys(pool: Pool, clock: Clock) -> SigningKeys:
    return SigningKeys(pool.fetch, clock=clock)


def test_keys_are_fetched_once_for_many_tokens(keys: SigningKeys, pool: Pool) -> None:
    assert all(keys.find("one") for _ in range(10))
    assert pool.fetches == 1


def test_a_new_key_is_found_at_once(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    keys.find("one")
    pool.key_ids = ["one", "two"]
    clock.now += FETCH_INTERVAL_S

    assert keys.find("two")
    assert pool.fetches == 2


def test_made_up_key_ids_do_not_make_us_ask_again_and_again(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    keys.find("one")
    clock.now += FETCH_INTERVAL_S

    assert [keys.find(f"made-up-{number}") for number in range(100)] == [None] * 100
    assert pool.fetches == 2
    assert keys.find("one")


def test_a_key_that_the_pool_took_back_is_forgotten_in_time(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    keys.find("one")
    pool.key_ids = ["two"]
    clock.now += KEPT_S

    assert keys.find("one") is None


def test_known_keys_hold_while_the_pool_is_away(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    keys.find("one")
    pool.is_away = True
    clock.now += KEPT_S - 1

    assert keys.find("one")


def test_without_the_pool_nothing_is_trusted_or_called_wrong(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    pool.is_away = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            keys.find("one")
    assert pool.fetches == 1

    pool.is_away = False
    clock.now += RETRY_INTERVAL_S
    assert keys.find("one")


def test_a_key_that_nobody_knows_while_the_pool_is_away_is_not_called_wrong(
    keys: SigningKeys, pool: Pool, clock: Clock
) -> None:
    keys.find("one")
    pool.is_away = True
    clock.now += FETCH_INTERVAL_S
    for _ in range(3):
        with pytest.raises(Unavailable):
            keys.find("two")
    assert pool.fetches == 2
    assert keys.find("one")

    pool.is_away = False
    pool.key_ids = ["one", "two"]
    clock.now += RETRY_INTERVAL_S
    assert keys.find("two")


def test_keys_are_asked_for_anew_before_they_end(keys: SigningKeys, pool: Pool, clock: Clock) -> None:
    keys.find("one")
    pool.is_away = True
    clock.now += REFRESHED_AFTER_S
    for _ in range(3):
        assert keys.find("one")
    assert pool.fetches == 2

    pool.is_away = False
    clock.now += FETCH_INTERVAL_S
    assert keys.find("one")
    clock.now += KEPT_S - FETCH_INTERVAL_S
    pool.is_away = True
    assert keys.find("one")
    assert pool.fetches == 4


def test_a_key_that_the_pool_took_back_is_forgotten_when_it_is_asked_anew(
    keys: SigningKeys, pool: Pool, clock: Clock
) -> None:
    keys.find("one")
    pool.key_ids = ["two"]
    clock.now += REFRESHED_AFTER_S

    assert keys.find("one") is None


def test_the_keys_come_from_the_pool_over_http() -> None:
    assert [key.key_id for key in fetch_key_set().keys] == [KEY_ID]


@contextmanager
def breaking(sent: bytes, *, reset: bool) -> Iterator[str]:
    """Run a server that answers each request with these bytes, then resets or ends the connection; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            # The loop ends when the socket is closed.
            with suppress(OSError):
                while True:
                    connected, _ = server.accept()
                    with connected:
                        connected.recv(4096)
                        connected.sendall(sent)
                        if reset:
                            # Without lingering, closing a socket resets the connection.
                            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("sent", [b"", b"SSH-2.0-OpenSSH\r\n", HALF])
def test_a_pool_whose_connection_breaks_is_unavailable_and_its_known_keys_hold(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, sent: bytes, *, reset: bool
) -> None:
    from_the_pool = SigningKeys(fetch_key_set, clock=clock)
    assert from_the_pool.find(KEY_ID)
    with breaking(sent, reset=reset) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url)
        with pytest.raises(Unavailable):
            fetch_key_set()
        clock.now += REFRESHED_AFTER_S
        assert from_the_pool.find(KEY_ID)
        clock.now += FETCH_INTERVAL_S
        with pytest.raises(Unavailable):
            from_the_pool.find("another")


@pytest.mark.parametrize("pool_id", ["eu-west-1_unknown", "eu west"])
def test_a_pool_that_is_not_there_is_unavailable(pool_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_POOL_ID", pool_id)

    with pytest.raises(Unavailable):
        fetch_key_set()
