import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import InvalidCursor
from functions.shared.http.cursors import Cursors

CURSORS = Cursors("users", key=lambda: "k" * 64)


@given(position=st.text(), query=st.dictionaries(st.text(), st.none() | st.booleans() | st.text()))
def test_a_cursor_opens_to_the_position_it_was_sealed_with(position: str, query: dict[str, object]) -> None:
    assert CURSORS.open(CURSORS.seal(position, query=query), query=query) == position


def test_a_cursor_does_not_open_for_another_query() -> None:
    cursor = CURSORS.seal("here", query={"active": True})

    for query in ({"active": False}, {}, {"active": True, "more": 1}):
        with pytest.raises(InvalidCursor):
            CURSORS.open(cursor, query=query)


def test_a_cursor_does_not_open_for_another_list_or_another_key() -> None:
    cursor = CURSORS.seal("here", query={})

    for other in (Cursors("activity", key=lambda: "k" * 64), Cursors("users", key=lambda: "x" * 64)):
        with pytest.raises(InvalidCursor):
            other.open(cursor, query={})


@given(place=st.integers(min_value=0), letter=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_cursor_with_one_letter_changed_does_not_open(place: int, letter: str) -> None:
    cursor = CURSORS.seal("here", query={"active": None})
    place %= len(cursor)
    changed = cursor[:place] + letter + cursor[place + 1 :]
    # The last letter of a base64 text has spare bits, so two different letters can encode the same bytes.
    if changed == cursor or place == len(cursor) - 1:
        return

    with pytest.raises(InvalidCursor):
        CURSORS.open(changed, query={"active": None})


@given(st.text())
def test_a_text_that_is_no_cursor_does_not_open(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.open(text, query={})
