"""PyJWT, imported for the first token: without `cryptography.x509`, which takes half of its import.

PyJWT reads certificates with that package. The keys of the user pool are no certificates.
"""

from functools import cache
from types import ModuleType

from functions.shared.stand_in_modules import imported_instead, stand_in


@cache
def pyjwt() -> ModuleType:
    """Return the module `jwt`."""
    with imported_instead(stand_in("cryptography.x509")):
        import jwt  # noqa: PLC0415 - see above
    return jwt
