"""One TLS context for all connections of the process to AWS.

By default, botocore makes a context for each client, and urllib3 reads the file of authorities again for each new
connection, which takes 15 ms of CPU. This context reads a file once; authorities and checks are the same.
"""

import os
import ssl
from functools import cache
from typing import Any


class _ReadsOnce(ssl.SSLContext):
    """A context that reads each file of authorities once."""

    _read: frozenset[str] = frozenset()

    def load_verify_locations(
        self,
        cafile: Any = None,  # noqa: ANN401 - the types of ssl
        capath: Any = None,  # noqa: ANN401 - the types of ssl
        cadata: Any = None,  # noqa: ANN401 - the types of ssl
    ) -> None:
        if capath is None and cadata is None and cafile in self._read:
            return
        super().load_verify_locations(cafile, capath, cadata)
        self._read |= {cafile}


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context, with the authorities that the SDK trusts.

    A snapshot may contain it. It consists of settings and public certificates; a session belongs to a connection, and
    the random numbers of a connection come from OpenSSL's generator, which `snapshot.restore` seeds again.
    """
    from botocore.httpsession import where  # noqa: PLC0415 - see clients.py

    made = _ReadsOnce(ssl.PROTOCOL_TLS_CLIENT)
    # Python's and urllib3's default contexts have the same flags.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    # On the embedded AWS, AWS_CA_BUNDLE is the local CA.
    made.load_verify_locations(os.environ.get("AWS_CA_BUNDLE") or where())
    return made


def share_tls_context() -> None:
    """Let botocore use this context for each client that is made from now on."""
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415 - see clients.py

    URLLib3Session._get_ssl_context = lambda _: tls_context()  # noqa: SLF001 - botocore has no setting for it
