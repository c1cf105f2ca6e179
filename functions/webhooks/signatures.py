"""What a receiver knows a delivery by: the headers of the Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook as Signer


def signed_headers(message_id: str, body: str, *, secrets: Sequence[str], at: datetime) -> Mapping[str, str]:
    """Return the headers of one attempt.

    Args:
        message_id: The same for each attempt, so that the receiver can tell what it has seen.
        body: As it is sent, to the byte.
        secrets: In the form `whsec_…`; each of them signs, so that a receiver may know any one of them.
        at: Of this attempt, in UTC: receivers refuse what is older than some minutes.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message_id, at, body) for secret in secrets),
    }
