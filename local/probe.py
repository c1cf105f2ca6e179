"""One HTTPS request with the local CA, without the host's proxy."""

import ssl
import urllib.error
import urllib.request
from functools import lru_cache
from pathlib import Path


def status_of(url: str, *, ca_file: Path, timeout_s: float = 5) -> int | None:
    """GET a URL and return its status; None if no server with a certificate of this CA answers."""
    if not ca_file.exists():
        return None
    try:
        # The time of the CA file is part of the key: a new CA needs a new context.
        with _opener(ca_file, ca_file.stat().st_mtime_ns).open(url, timeout=timeout_s) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return None


@lru_cache(maxsize=2)
def _opener(ca_file: Path, _version: int) -> urllib.request.OpenerDirector:
    trust = ssl.create_default_context(cafile=ca_file)
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
