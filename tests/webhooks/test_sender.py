"""Attempts over real sockets: verification, deadlines, and refused targets."""

import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from functions.webhooks.ports import Outcome
from functions.webhooks.resolver import UnknownHost, resolve
from functions.webhooks.sender import HttpSender
from functions.webhooks.targets import Address
from tests.waiting import HANG_S
from tests.webhooks.receiver import Receiver, dripping, receiving

TIMEOUT_S = 1.0
# For receivers that never answer in time, however fast this machine is.
SHORT_S = 0.2


class Names:
    """Resolves every name to the same addresses, and records the names."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = [ip_address(each) for each in addresses]
        self.asked: list[str] = []

    def __call__(self, host: str, *, timeout_s: float) -> list[Address]:
        assert timeout_s > 0
        self.asked.append(host)
        if not self.addresses:
            raise UnknownHost("no address")
        return self.addresses


def sender(
    names: Callable[..., list[Address]] = resolve,
    *,
    loopback: bool = True,
    trusted: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> HttpSender:
    return HttpSender(
        connect_timeout_s=timeout_s,
        timeout_s=timeout_s,
        loopback=loopback,
        look_up=names,
        make_tls=lambda: ssl.create_default_context(cafile=trusted),
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def certificate(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file with a certificate of a name and its key."""
    named = getattr(request, "param", "localhost")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, named)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(named)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "receiver.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def secure(certificate: Path) -> Iterator[Receiver]:
    """Yield a receiver with TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with receiving(tls) as receiver:
        yield receiver


def by_port(receiver: Receiver) -> str:
    """Return the URL by name; only loopback targets may have such a port."""
    return f"https://localhost:{receiver.port}{receiver.path}"


def test_a_request_arrives_unchanged(receiver: Receiver) -> None:
    outcome = sender().post(receiver.url, b'{"a":1}', {"Content-Type": "application/json", "webhook-id": "7"})

    assert outcome == Outcome(status=204)
    [received] = receiver.received
    assert (received.path, received.body) == (receiver.path, b'{"a":1}')
    assert received.headers["Host"] == f"localhost:{receiver.port}"
    assert received.headers["webhook-id"] == "7"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (204, None),
        (299, None),
        (301, "redirect"),
        (307, "redirect"),
        (400, "status"),
        (410, "status"),
        (500, "status"),
    ],
)
def test_an_answer_is_judged_by_its_status(receiver: Receiver, status: int, failure: str | None) -> None:
    receiver.answer = lambda _: (status, {})

    outcome = sender().post(receiver.url, b"", {})

    assert (outcome.status, outcome.failure) == (status, failure)


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.answer = lambda _: (308, {"Location": elsewhere.url})

        sender().post(receiver.url, b"", {})

        assert elsewhere.received == []


def test_a_retry_after_is_returned(receiver: Receiver) -> None:
    receiver.answer = lambda _: (429, {"Retry-After": "120"})

    assert sender().post(receiver.url, b"", {}).retry_after == "120"


def test_the_certificate_is_verified_for_the_name_and_the_connection_uses_the_address(
    secure: Receiver, certificate: Path
) -> None:
    outcome = sender(Names("127.0.0.1"), trusted=certificate).post(by_port(secure), b"{}", {})

    assert outcome == Outcome(status=204)
    assert [received.headers["Host"] for received in secure.received] == [f"localhost:{secure.port}"]


@pytest.mark.parametrize("certificate", ["receiver.example.com", "127.0.0.1"], indirect=True)
def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(secure: Receiver, certificate: Path) -> None:
    outcome = sender(Names("127.0.0.1"), trusted=certificate).post(by_port(secure), b"{}", {})

    assert outcome == Outcome(failure="tls")
    assert secure.received == []


def test_an_untrusted_certificate_is_refused(secure: Receiver) -> None:
    assert sender(Names("127.0.0.1")).post(by_port(secure), b"", {}) == Outcome(failure="tls")


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00:ec2::254"])
def test_a_name_with_an_address_that_is_not_public_is_refused(address: str) -> None:
    names = Names("93.184.215.14", address)

    assert sender(names).post("https://receiver.example.com/", b"", {}) == Outcome(failure="refused-target")


def test_this_machine_is_refused_unless_the_setting_allows_it(receiver: Receiver) -> None:
    for url in (receiver.url, receiver.url.replace("http:", "https:"), "https://receiver.example.com/"):
        assert sender(Names("127.0.0.1"), loopback=False).post(url, b"", {}) == Outcome(failure="refused-target")
    assert receiver.received == []


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_the_check(receiver: Receiver) -> None:
    names = Names("127.0.0.1")

    assert sender(names).post(receiver.url, b"", {}).status == 204

    assert names.asked == ["localhost"]


def test_the_next_address_is_tried_if_one_refuses(receiver: Receiver) -> None:
    # On Linux all of 127.0.0.0/8 is this machine, and the receiver listens on one address of it.
    names = Names("127.0.0.9", "127.0.0.1")

    assert sender(names).post(receiver.url, b"", {}).status == 204


def test_an_unknown_name_is_a_failure_of_dns() -> None:
    assert sender(Names()).post("https://receiver.example.com/", b"", {}) == Outcome(failure="dns")


def test_a_port_without_a_listener_is_a_failure_to_connect(receiver: Receiver) -> None:
    with receiving() as gone:
        url = gone.url

    assert sender().post(url, b"", {}) == Outcome(failure="connect")


def test_a_receiver_that_hangs_is_abandoned_at_the_deadline(receiver: Receiver) -> None:
    receiver.hang_s = 600
    started_at = time.monotonic()

    assert sender(timeout_s=SHORT_S).post(receiver.url, b"", {}) == Outcome(failure="timeout")
    assert time.monotonic() - started_at < HANG_S


def test_an_answer_that_drips_in_is_abandoned_at_the_deadline() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000, every_s=0.05) as port:
        started_at = time.monotonic()

        assert sender(timeout_s=SHORT_S).post(f"http://localhost:{port}/", b"", {}) == Outcome(failure="timeout")
        assert time.monotonic() - started_at < HANG_S


def test_a_handshake_that_drips_in_is_abandoned_at_the_deadline() -> None:
    # The head of a TLS record that announces more bytes than it sends.
    with dripping(b"\x16\x03\x03\x40\x00" + b"\x02" * 10_000, every_s=0.05) as port:
        started_at = time.monotonic()

        assert sender(timeout_s=SHORT_S).post(f"https://localhost:{port}/", b"", {}).failure in {"timeout", "tls"}
        assert time.monotonic() - started_at < HANG_S


def test_an_answer_that_is_not_http_is_a_failure_of_the_protocol() -> None:
    with dripping(b"SSH-2.0-OpenSSH_9\r\n\r\n", every_s=0) as port:
        assert sender().post(f"http://localhost:{port}/", b"", {}) == Outcome(failure="protocol")
