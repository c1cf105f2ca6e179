"""Entity tags and the headers that speak of them (RFC 9110, sections 8.8.3 and 13.1)."""

import re

from functions.shared.errors import InvalidHeader, PreconditionRequired

_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*")*\s*')
_TAG = re.compile(r'(W/)?"([^"]*)"')
# As `entity_tag` writes them: a tag is compared as text, so "03" is not "3". DynamoDB's numbers have 38 digits at most.
_VERSION = re.compile(r"[1-9][0-9]{0,37}")


def entity_tag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def versions_in(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that an `If-Match` header names; None for `*`, which any version fits.

    A tag that is weak or not of ours fits no version.

    Raises:
        InvalidHeader: It is no list of entity tags.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if not _TAGS.fullmatch(if_match):
        raise InvalidHeader('If-Match must be `*` or a list of entity tags, for instance `"3"`.')
    return frozenset(int(tag) for weak, tag in _TAG.findall(if_match) if not weak and _VERSION.fullmatch(tag))


def required_versions_in(if_match: str | None) -> frozenset[int] | None:
    """Like `versions_in`, for a change that must not be made blindly.

    Raises:
        PreconditionRequired: There is no `If-Match`.
        InvalidHeader: It is no list of entity tags.
    """
    if if_match is None:
        raise PreconditionRequired('Send If-Match with the ETag of what you have seen, for instance `If-Match: "3"`.')
    return versions_in(if_match)


def is_unchanged(if_none_match: str | None, *, version: int) -> bool:
    """Tell whether an `If-None-Match` header names this version, by the weak comparison that RFC 9110 asks for."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or any(tag == str(version) for _, tag in _TAG.findall(if_none_match))
