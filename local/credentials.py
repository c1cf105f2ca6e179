"""The access key of a platform's administrator: random, made at its first start, readable by its user alone.

The embedded AWS runs the code of functions as this user, so a known key would let every web page and every other user
of the machine run code.
"""

import json
import secrets
import string
from dataclasses import asdict, dataclass
from typing import Self

from local.private_files import write_private
from local.settings import Settings

# The account of every embedded AWS; it is a name, not a secret.
ACCOUNT = "000000000000"
_ID_LETTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key of AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html."""

    access_key_id: str
    secret_access_key: str

    @classmethod
    def generate(cls) -> Self:
        """Make a random key in the form of AWS's own."""
        return cls("AKIA" + "".join(secrets.choice(_ID_LETTERS) for _ in range(16)), secrets.token_urlsafe(30))


def administrator(settings: Settings) -> AccessKey:
    """Return the platform's key; make it if it does not exist."""
    try:
        return AccessKey(**json.loads(settings.access_key_file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        key = AccessKey.generate()
        write_private(settings.access_key_file, json.dumps(asdict(key), indent=2) + "\n")
        return key
