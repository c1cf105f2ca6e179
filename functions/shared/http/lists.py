"""A list of an API: its query, its answer, and the function that makes the answer.

The module imports neither FastAPI nor the cursors' library: functions without HTTP also import a service's schemas.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from functions.shared.http.pages import Page

if TYPE_CHECKING:
    from functions.shared.http.cursors import Cursors


class PageQuery(BaseModel):
    """The parameters of every list; a service adds its filters in a subclass."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100, description="The most items in a page.")
    cursor: str | None = Field(default=None, max_length=1024, description="`next_cursor` of the previous page.")


class PageAnswer[T](BaseModel):
    """A page of a list; a service subclasses it for the name in the OpenAPI document."""

    items: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class ListPage[T](Protocol):
    """Reads a page: the last parameters of every store's `list_page`."""

    def __call__(self, *, limit: int, after: str | None) -> Page[T]:
        """Return at most `limit` items after a position."""


def paged[T, A: PageAnswer[Any]](  # noqa: PLR0913 - the whole recipe in one call
    list_page: ListPage[T],
    query: PageQuery,
    cursors: "Cursors",
    *,
    filters: Mapping[str, object],
    into: type[A],
    item: Callable[[T], BaseModel],
) -> A:
    """Answer a list's request with a page.

    Args:
        list_page: Reads the page.
        query: The request.
        cursors: The cursors of this list.
        filters: The values that select the items: a cursor is valid only with the same ones.
        into: The service's page.
        item: Returns the answer that shows one item.

    Raises:
        InvalidCursor: The cursor is malformed, or belongs to other filters.
    """
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    page = list_page(limit=query.limit, after=after)
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return into(items=[item(each) for each in page.items], next_cursor=next_cursor)
