"""Signing secrets at rest, encrypted with the service's own key.

AES-256-GCM with a key from Secrets Manager adds no cost to a delivery; KMS would add a call and its latency to each.
The bundle already contains cryptography, which verifies tokens. The webhook's id is authenticated with the secret, so a
secret that is copied to another webhook cannot be opened.

The key can be changed in Secrets Manager. Earlier secrets open with the previous value, which Secrets Manager keeps
until the next change.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

_NONCE_BYTES = 12
# The format, so that another one can be added.
_FORM = "v1."


class Unopenable(ValueError):
    """The secret was sealed with a lost key, for another webhook or in another format, or has been modified."""


class SecretBox:
    """Seals and opens signing secrets.

    Args:
        keys: Yields the service's key, a long random text, and then its previous values; called only to seal or open.
    """

    def __init__(self, keys: Callable[[], Iterator[str]]) -> None:
        self._keys = keys

    def seal(self, secret: str, *, webhook_id: str) -> str:
        """Return the secret, encrypted for this webhook."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few requests seal a secret

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_derived(next(self._keys()))).encrypt(nonce, secret.encode(), webhook_id.encode())
        return _FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, webhook_id: str) -> str:
        """Return a secret that was sealed for this webhook.

        Raises:
            Unopenable: None of the keys opens it.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see seal
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see seal

        if not sealed.startswith(_FORM):
            raise Unopenable("The secret is sealed in an unknown format.")
        content = base64.b64decode(sealed.removeprefix(_FORM))
        nonce, secret = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        for key in self._keys():
            with suppress(InvalidTag):
                return AESGCM(_derived(key)).decrypt(nonce, secret, webhook_id.encode()).decode()
        raise Unopenable(
            "The secret was sealed with a key that no longer exists. The webhook's owner must rotate the secret."
        )


def _derived(key: str) -> bytes:
    # The key is long and random, so a plain hash is enough to derive 32 bytes.
    return hashlib.sha256(b"webhooks: signing secrets\n" + key.encode()).digest()
