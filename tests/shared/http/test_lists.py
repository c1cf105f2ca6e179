from functools import partial

import pytest
from pydantic import BaseModel, ValidationError

from functions.shared.errors import InvalidCursor
from functions.shared.http.cursors import Cursors
from functions.shared.http.lists import PageAnswer, PageQuery, paged
from functions.shared.http.pages import Page

CURSORS = Cursors("numbers", key=lambda: "k" * 64)


class NumberAnswer(BaseModel):
    number: int


class NumberPage(PageAnswer[NumberAnswer]):
    """Some numbers."""


def list_numbers(end: int, *, limit: int, after: str | None) -> Page[int]:
    start = int(after) + 1 if after else 0
    items = list(range(start, min(start + limit, end)))
    return Page(items=items, next_position=str(items[-1]) if items and items[-1] + 1 < end else None)


def answered(query: PageQuery, *, end: int = 3) -> NumberPage:
    return paged(
        partial(list_numbers, end),
        query,
        CURSORS,
        filters={"end": end},
        into=NumberPage,
        item=lambda number: NumberAnswer(number=number),
    )


def test_a_cursor_leads_from_each_page_to_the_next_one() -> None:
    first = answered(PageQuery(limit=2))
    second = answered(PageQuery(limit=2, cursor=first.next_cursor))

    assert [item.number for item in [*first.items, *second.items]] == [0, 1, 2]
    assert second.next_cursor is None


def test_a_cursor_is_good_for_its_own_filters_only() -> None:
    first = answered(PageQuery(limit=2), end=5)

    with pytest.raises(InvalidCursor):
        answered(PageQuery(limit=2, cursor=first.next_cursor), end=6)


def test_a_cursor_that_is_empty_is_refused_and_not_taken_for_none() -> None:
    with pytest.raises(InvalidCursor):
        answered(PageQuery(cursor=""))


def test_a_service_names_its_page_in_the_openapi_document() -> None:
    schema = NumberPage.model_json_schema()

    assert (schema["title"], schema["description"]) == ("NumberPage", "Some numbers.")
    assert schema["properties"]["items"] == {
        "items": {"$ref": "#/$defs/NumberAnswer"},
        "title": "Items",
        "type": "array",
    }
    assert schema["required"] == ["items", "next_cursor"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "c" * 1025}, {"page": 2}])
def test_a_query_that_does_not_fit_is_refused(query: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PageQuery.model_validate(query)
