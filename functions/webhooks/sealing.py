"""Signing secrets at rest: encrypted under the service's own key, and never shown again.

AES-256-GCM under a key from Secrets Manager costs nothing a delivery, where KMS would cost a call and its latency for
each; cryptography is in the bundle already, for the verification of tokens. The webhook's id is authenticated with the
secret: one that is copied to another webhook does not open.

The key can be changed in Secrets Manager: what was sealed before opens with the value before, as long as that is kept
there, which is until the next change.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress

_NONCE_BYTES = 12
# How it was sealed, so that another way can come to stand beside this one.
_FORM = "v1."


class Unopenable(ValueError):
    """A secret was sealed under a key that is no more, for another webhook, or in another form; or it was changed."""


class SecretBox:
    """Seals and opens signing secrets.

    Args:
        keys: Gives the service's key, a long random text, and then those that it may have been when something was
            sealed; asked only when something is sealed or opened.
    """

    def __init__(self, keys: Callable[[], Iterator[str]]) -> None:
        self._keys = keys

    def seal(self, secret: str, *, webhook_id: str) -> str:
        """Return the secret as it may be stored with this webhook."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - most requests seal nothing

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_derived(next(self._keys()))).encrypt(nonce, secret.encode(), webhook_id.encode())
        return _FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, webhook_id: str) -> str:
        """Return the secret that was sealed for this webhook.

        Raises:
            Unopenable: None of the keys opens it.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see seal
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see seal

        if not sealed.startswith(_FORM):
            raise Unopenable("The secret is sealed in an unknown form.")
        content = base64.b64decode(sealed.removeprefix(_FORM))
        nonce, secret = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        for key in self._keys():
            with suppress(InvalidTag):
                return AESGCM(_derived(key)).decrypt(nonce, secret, webhook_id.encode()).decode()
        raise Unopenable("The secret was sealed under a key that is no more. Have the webhook's owner rotate it.")


def _derived(key: str) -> bytes:
    # The key is random and as long as it is hard to guess: a plain hash makes 32 bytes of it.
    return hashlib.sha256(b"webhooks: signing secrets\n" + key.encode()).digest()
