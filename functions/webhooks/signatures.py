"""The signature headers of the Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook as Signer


def signed_headers(message_id: str, body: str, *, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
    """Return the headers of one attempt.

    Args:
        message_id: The same for each attempt, so that the receiver recognises duplicates.
        body: Exactly the bytes that are sent.
        secrets: In the form `whsec_…`; each one signs, so that a receiver needs to know only one.
        at: The time of this attempt, in UTC: receivers refuse requests that are older than some minutes.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message_id, at, body) for secret in secrets),
    }
