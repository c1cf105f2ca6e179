import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from local import certificates
from local.certificates import ensure_certificates

LEAVES = ("gateway", "embedded-aws")


def test_certificates_are_created_once_and_kept(tmp_path: Path) -> None:
    assert ensure_certificates(tmp_path, LEAVES) is True
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert ensure_certificates(tmp_path, LEAVES) is False
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made
    assert set(made) == {"ca.pem", "ca.key", "gateway.pem", "gateway.key", "embedded-aws.pem", "embedded-aws.key"}


def test_only_their_owner_can_read_the_keys(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, LEAVES)

    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_trusts_the_ca_accepts_a_leaf_for_this_machine(tmp_path: Path, name: str) -> None:
    ensure_certificates(tmp_path, LEAVES)

    assert handshake(tmp_path, "gateway", name) == "TLSv1.3"


def test_a_client_refuses_a_leaf_for_another_name(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, LEAVES)

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, "gateway", "example.com")


def test_a_leaf_about_to_expire_is_renewed_and_the_ca_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as short:
        short.setattr(certificates, "_LEAF_LIFE", dt.timedelta(days=29))
        ensure_certificates(tmp_path, LEAVES)
    authority = (tmp_path / "ca.pem").read_bytes()
    short_lived = (tmp_path / "gateway.pem").read_bytes()

    assert ensure_certificates(tmp_path, LEAVES) is True
    assert (tmp_path / "ca.pem").read_bytes() == authority
    assert (tmp_path / "gateway.pem").read_bytes() != short_lived
    assert ensure_certificates(tmp_path, LEAVES) is False


def test_leaves_are_renewed_when_the_names_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as fewer:
        fewer.setattr(certificates, "NAMES", ("localhost",))
        ensure_certificates(tmp_path, LEAVES)

    assert ensure_certificates(tmp_path, LEAVES) is True
    assert handshake(tmp_path, "gateway", "127.0.0.1") == "TLSv1.3"


@pytest.mark.parametrize("damaged", ["ca.key", "ca.pem", "gateway.pem", "gateway.key"])
@pytest.mark.parametrize("content", [b"", b"half a file"])
def test_a_damaged_file_is_replaced(tmp_path: Path, damaged: str, content: bytes) -> None:
    ensure_certificates(tmp_path, LEAVES)
    (tmp_path / damaged).write_bytes(content)

    assert ensure_certificates(tmp_path, LEAVES) is True
    assert handshake(tmp_path, "gateway", "localhost") == "TLSv1.3"
    assert handshake(tmp_path, "embedded-aws", "localhost") == "TLSv1.3"


def test_the_ca_can_sign_only_for_this_machine(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, LEAVES)
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())

    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(tree.value) for tree in constraints.value.permitted_subtrees or []] == [
        "localhost",
        "127.0.0.0/8",
        "::1/128",
    ]


def handshake(folder: Path, leaf: str, name: str) -> str | None:
    """Connect a client and a server in memory; return their protocol."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(folder / f"{leaf}.pem", folder / f"{leaf}.key")
    client_context = ssl.create_default_context(cafile=folder / "ca.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()
