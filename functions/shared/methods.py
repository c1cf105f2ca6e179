"""The methods that HTTP defines; a client may send any other text of any length as one."""

from http import HTTPMethod

OTHER = "other"
_KNOWN = frozenset(map(str, HTTPMethod))


def known_method(method: str) -> str:
    """Return a method that may be logged and answered: itself if HTTP defines it, else `other`."""
    return method if method in _KNOWN else OTHER
