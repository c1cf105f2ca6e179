"""Entity tags, and the headers that contain them (RFC 9110, sections 8.8.3 and 13.1)."""

import re

from functions.shared.errors import InvalidHeader, PreconditionRequired
from functions.shared.interface.names import COMPRESSED_FROM_BYTES

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*')
_TAG = re.compile(r'(W/)?"([^"]*)"')
# The form of `entity_tag`; tags are compared as text, so "03" is not "3". DynamoDB's numbers have at most 38 digits.
_VERSION = re.compile(r"[1-9][0-9]{0,37}")
# Ends the tag of an answer that the gateway may compress: a strong tag means the same bytes, encoding included.
# https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.3
_GZIP = "-gzip"


def entity_tag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def versions_in(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that an `If-Match` header names; None for `*`, which matches any version.

    A tag that is weak, or was not made by `entity_tag`, matches no version.

    Raises:
        InvalidHeader: The header is not a list of entity tags.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if not _TAGS.fullmatch(if_match):
        raise InvalidHeader('If-Match must be `*` or a list of entity tags, for instance `"3"`.')
    tags = (tag.removesuffix(_GZIP) for weak, tag in _TAG.findall(if_match) if not weak)
    return frozenset(int(tag) for tag in tags if _VERSION.fullmatch(tag))


def required_versions_in(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that an `If-Match` header names, for a change that requires the header.

    Raises:
        PreconditionRequired: There is no `If-Match`.
        InvalidHeader: The header is not a list of entity tags.
    """
    if if_match is None:
        raise PreconditionRequired('Send If-Match with the ETag that you have read, for instance `If-Match: "3"`.')
    return versions_in(if_match)


def is_unchanged(if_none_match: str | None, *, version: int) -> bool:
    """Return true if an `If-None-Match` header names this version, by the weak comparison that RFC 9110 requires."""
    if if_none_match is None:
        return False
    tags = (tag.removesuffix(_GZIP) for _, tag in _TAG.findall(if_none_match))
    return if_none_match.strip() == "*" or str(version) in tags


def tag_as_encoded(tag: bytes, *, size_bytes: int, accept_encoding: bytes, if_none_match: bytes) -> bytes:
    """Return the entity tag of an answer as the gateway sends it: another one if it may compress the answer.

    Args:
        tag: As `entity_tag` made it.
        size_bytes: The size of the answer's content; 0 for a 304, which has the tag that the client named.
        accept_encoding: The request's `Accept-Encoding`; empty without one.
        if_none_match: The request's `If-None-Match`; empty without one.
    """
    encoded = tag[:-1] + _GZIP.encode() + tag[-1:]
    is_compressed = size_bytes >= COMPRESSED_FROM_BYTES and (b"gzip" in accept_encoding or b"*" in accept_encoding)
    return encoded if is_compressed or (not size_bytes and encoded in if_none_match) else tag
