"""What people do not see around a text is trimmed, and names show something and hide nothing."""

import sys
import unicodedata

import pytest

from functions.shared.text import INVISIBLE, is_name, trimmed, trimmed_name


@pytest.mark.parametrize(
    "around", [" ", "\t", "\r\n", "\xa0", "\u2007", "\u3000", "\u200b", "\u2060", "\ufeff", "\xad", "\u200e", "\u202a"]
)
def test_invisible_characters_around_an_address_are_trimmed(around: str) -> None:
    assert trimmed(f"{around}{around}ada@example.com{around}\xa0{around}") == "ada@example.com"


def test_every_space_and_mark_of_direction_is_invisible() -> None:
    characters = map(chr, range(sys.maxunicode + 1))

    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    found = {one for one in characters if one.isspace() or unicodedata.bidirectional(one) in directions}

    assert found <= set(INVISIBLE)
    assert all(one.isspace() or unicodedata.category(one) == "Cf" for one in set(INVISIBLE) - {"\u2065"})


@pytest.mark.parametrize("value", [None, 7, ["a"]])
def test_other_values_stay(value: object) -> None:
    assert (trimmed(value), trimmed_name(value)) == (value, value)


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "O'Brien-Łukasz, Jr.",
        "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",  # Malayalam, which ends with a joiner
        "\u0631\u0636\u0627\u200c\u06cc\u06cc",  # Persian, with a non-joiner
        "\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",
        "\u738b\u5c0f\u660e",
        "\u1000\u200b\u1001",  # scripts without spaces mark words
        ".",
    ],
)
def test_names_may_have_what_scripts_need(name: str) -> None:
    assert is_name(name)
    assert trimmed_name(f"\xa0{name} \u200b") == name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "\xa0", "\u200b", "\u200d", "\xad", "\u034f", "\u115f", "\u2800", "\u3164", "\ufe0f", "\uffa0"),
        *("\U000e0041", "\u200b\u200c\u200d"),
        *("A\0B", "A\nB", "A\x7fB", "A\x85B", "A\x92B", "A\u2028B", "Ada\n"),
        *("\u202eAda", "Ada\u061c", "A\u200eB", "A\u200fB", "A\u2066B\u2069", "A\u206aB"),
        *("\ufeffAda", "A\ufeffB", "A\ufffeB", "A\uffffB", "A\ufdd0B", "A\ufff9B"),
    ],
    ids=ascii,
)
def test_names_that_show_nothing_or_hide_something_are_none(name: str) -> None:
    assert not is_name(name)


def test_more_characters_can_be_excluded() -> None:
    assert is_name("a/b")
    assert not is_name("a/b", without="/")
