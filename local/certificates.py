"""A certificate authority for this machine, and a leaf certificate for each part that serves TLS.

No trust store changes: clients name the authority's file. Only their owner can read the keys.
"""

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIFE = dt.timedelta(days=3650)
# Apple's clients refuse a longer life: https://support.apple.com/en-us/103769
_LEAF_LIFE = dt.timedelta(days=397)
_RENEWED_BEFORE = dt.timedelta(days=30)
# A clock that is a little slow must not reject them as not yet valid.
_BACKDATED = dt.timedelta(hours=1)

NAMES = ("localhost", "127.0.0.1", "::1")


def ensure_certificates(folder: Path, leaves: tuple[str, ...]) -> bool:
    """Replace each certificate that is missing, damaged, about to expire or of another CA; return True if any changed.

    Files: `ca.pem`, `ca.key`, and `<leaf>.pem`, `<leaf>.key` for each leaf.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    changed = False
    authority, key = _load(folder / "ca.pem"), _load_key(folder / "ca.key")
    if authority is None or key is None or not _fresh(authority) or authority.public_key() != key.public_key():
        key = ec.generate_private_key(ec.SECP256R1())
        authority = _make_authority(key)
        _write(folder / "ca.key", _private_bytes(key), mode=0o600)
        _write(folder / "ca.pem", authority.public_bytes(serialization.Encoding.PEM), mode=0o644)
        changed = True
    for leaf in leaves:
        certificate, leaf_key = _load(folder / f"{leaf}.pem"), _load_key(folder / f"{leaf}.key")
        if certificate and leaf_key and _serves(certificate, leaf_key, authority):
            continue
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        certificate = _make_leaf(leaf, leaf_key, authority, key)
        _write(folder / f"{leaf}.key", _private_bytes(leaf_key), mode=0o600)
        _write(folder / f"{leaf}.pem", certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
        changed = True
    return changed


def _make_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local platform CA")])
    return (
        _builder(name, name, key.public_key(), _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        # A stolen key can sign only for the names of this machine.
        .add_extension(x509.NameConstraints(_subtrees(), None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _make_leaf(
    leaf: str, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf)])
    return (
        _builder(name, authority.subject, key.public_key(), _LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general_names()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names() -> list[x509.GeneralName]:
    return [_general_name(name) for name in NAMES]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subtrees() -> list[x509.GeneralName]:
    return [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
        x509.IPAddress(ipaddress.ip_network("::1/128")),
    ]


def _fresh(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > _RENEWED_BEFORE


def _serves(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - a new leaf repairs any flaw
        return False
    return _fresh(certificate) and list(names) == _general_names() and certificate.public_key() == key.public_key()


def _load(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file atomically, so that an interruption leaves the old one; the mode applies from the first byte."""
    new = path.with_suffix(path.suffix + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    new.replace(path)
