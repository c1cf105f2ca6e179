"""The keys of addresses: equal for the same mailbox, different for mailboxes that only resemble each other."""

import sys
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.users.addresses import email_key, has_one_key, lookalike_key
from tests.users.addresses import LOOK_ALIKES

# Characters that other forms of lower case or of normalization change.
TRICKY = st.text(
    st.sampled_from(
        "aAkKsS@.\u212a\u017f\u00df\u1e9e\u0130\u0131\u01c5\u03a3\u03c2\u03c3\u0301\u030cjJ\u00c5\u212b\ufb01"
    )
)


@pytest.mark.parametrize(
    ("email", "same"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("\u00c9va@example.com", "e\u0301va@example.com"),
        ("J\u030ca@example.com", "\u01f0a@example.com"),
        ("\u039d\u0399\u039a\u039f\u03a3@example.org", "\u03bd\u03b9\u03ba\u03bf\u03c3@example.org"),
        ("\u0390@example.com", normalize("NFC", "\u0390@example.com".upper())),
        ("boss@wei\u00df.de", "boss@XN--WEI-7KA.de"),
        ("a@M\u00dcNCHEN.de", "a@mu\u0308nchen\u3002de"),
    ],
)
def test_forms_of_one_address_have_one_key(email: str, same: str) -> None:
    assert email_key(email) == email_key(same)


@pytest.mark.parametrize(("email", "other"), LOOK_ALIKES)
def test_look_alikes_have_different_keys_and_one_look_alike_key(email: str, other: str) -> None:
    assert email_key(email) != email_key(other)
    assert lookalike_key(email) == lookalike_key(other)


@pytest.mark.slow
def test_no_character_beyond_ascii_has_the_key_of_one_in_ascii() -> None:
    beyond = [chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]

    # One address, in which each character stands alone: no mark composes with a control character.
    keys = email_key("\0".join(beyond) + "@example.com").removesuffix("@example.com").split("\0")

    assert len(keys) == len(beyond)
    assert [each for each, key in zip(beyond, keys, strict=True) if key.isascii()] == []


def test_a_domain_that_cannot_exist_has_a_key_of_its_own() -> None:
    assert email_key("a@\u2603.net") == "a@\u2603.net"
    assert email_key("no address") == "no address"
    # The sign of Kelvin would become a K.
    assert email_key("a@.\u212a") == "a@.\u212a"


def test_an_address_in_ascii_has_one_key() -> None:
    assert has_one_key("Ada.Lovelace+1@Example.com")
    assert not has_one_key("ada@wei\u00df.de")


@given(TRICKY)
def test_the_key_of_a_key_is_the_key(email: str) -> None:
    assert email_key(email_key(email)) == email_key(email)


@given(TRICKY.filter(lambda text: "\u212a" not in text))
def test_equivalent_forms_have_one_key(email: str) -> None:
    assert email_key(normalize("NFD", email)) == email_key(normalize("NFC", email))
