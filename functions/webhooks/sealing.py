"""Signing secrets at rest: encrypted under the service's own key, and never shown again.

AES-256-GCM under a key from Secrets Manager costs nothing a delivery, where KMS would cost a call and its latency for
each; cryptography is in the bundle already, for the verification of tokens. The webhook's id is authenticated with the
secret: one that is copied to another webhook does not open.
"""

import base64
import hashlib
import os
from collections.abc import Callable

_NONCE_BYTES = 12
# How it was sealed, so that another way can come to stand beside this one.
_FORM = "v1."


class SecretBox:
    """Seals and opens signing secrets.

    Args:
        key: Gives the service's key, a long random text; asked only when something is sealed or opened.
    """

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key

    def seal(self, secret: str, *, webhook_id: str) -> str:
        """Return the secret as it may be stored with this webhook."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - most requests seal nothing

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._derived()).encrypt(nonce, secret.encode(), webhook_id.encode())
        return _FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, webhook_id: str) -> str:
        """Return the secret that was sealed for this webhook.

        Raises:
            ValueError: It was sealed in another form.
            cryptography.exceptions.InvalidTag: It was sealed with another key or for another webhook, or changed.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see seal

        if not sealed.startswith(_FORM):
            raise ValueError("The secret is sealed in an unknown form.")
        content = base64.b64decode(sealed.removeprefix(_FORM))
        opened = AESGCM(self._derived()).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], webhook_id.encode())
        return opened.decode()

    def _derived(self) -> bytes:
        # The key is random and as long as it is hard to guess: a plain hash makes 32 bytes of it.
        return hashlib.sha256(b"webhooks: signing secrets\n" + self._key().encode()).digest()
