"""The keys of e-mail addresses: one by which an address is unique and finds its account, and a looser one.

Two different mailboxes must never have the same key: the owner of one would get the account of the other.
https://www.djangoproject.com/weblog/2019/dec/18/security-releases/
"""

import re
from unicodedata import normalize

# The only characters beyond ASCII that Unicode holds to be equivalent to an ASCII character: a question mark, a grave
# accent and the sign of Kelvin. They only look like it, so they are not normalized.
_EQUIVALENT_TO_ASCII = re.compile("([\u037e\u1fef\u212a])")


def email_key(email: str) -> str:
    """Return the form of an address by which it is unique and by which a person finds their account.

    The domain is an A-label of IDNA 2008, in which `weiß.de` and `weiss.de` are different domains:
    https://www.rfc-editor.org/rfc/rfc5891. The local part is lower case, by mappings of one character to one.
    """
    local, at, domain = email.rpartition("@")
    return f"{_lower(local)}{at}{_a_label(domain)}"


def as_stored(email: str) -> str:
    """Return an address in the form in which the API stores it, with its domain in Unicode; other texts unchanged."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - for requests with an address only

    try:
        return validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        return email


def lookalike_key(email: str) -> str:
    """Return a form that addresses which resemble each other share: Unicode's canonical caseless matching.

    It was the key of uniqueness once, so claims in the store have it still.
    https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G53253
    """
    return normalize("NFC", normalize("NFD", email).casefold())


def has_one_key(email: str) -> bool:
    """Return whether the two keys of an address are the same, as for every address in ASCII."""
    return email_key(email) == lookalike_key(email)


def _lower(local: str) -> str:
    if local.isascii():
        return local.lower()
    # At odd places `split` returns the separators.
    parts = _EQUIVALENT_TO_ASCII.split(local)
    return "".join(part if place % 2 else _lower_beyond_ascii(part) for place, part in enumerate(parts))


def _lower_beyond_ascii(text: str) -> str:
    lower = (_lower_of(character) for character in normalize("NFC", text))
    # Some letters are one character only in lower case, such as a J with a caron.
    return normalize("NFC", "".join(lower))


def _lower_of(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def _a_label(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    import idna  # noqa: PLC0415 - its import takes 13 ms, and few domains need it

    try:
        # The mapping of UTS #46 is the one of browsers and mailers; it keeps the letters that IDNA 2008 has.
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # Such a domain does not exist. It stays beyond ASCII, so no existing domain has this key.
        composed = normalize("NFC", domain)
        return domain if composed.isascii() else composed
