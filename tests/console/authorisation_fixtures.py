"""Requests for the console, for the authorisation matrix: it has no resources."""

import httpx


def make(_owner: httpx.Client, _admin: httpx.Client) -> dict[str, str]:
    """Return no parameters."""
    return {}
