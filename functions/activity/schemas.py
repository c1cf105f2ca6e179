"""The requests and answers of the API of activity."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.activity.domain import Entry, Latest
from functions.shared.http.lists import PageAnswer, PageQuery


class EntryAnswer(BaseModel):
    """An event of a subject."""

    event_id: str
    type: str = Field(description="The type of the event.", examples=["UserCreated.v1"])
    source: str = Field(description="The service that published it.", examples=["users"])
    subject: str = Field(description="The changed resource.", examples=["users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    time: datetime
    request_id: str = Field(description="The request that led to it.")
    data: dict[str, Any] = Field(description="The members in the contract of the event type.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return the answer that shows an entry."""
        return cls(
            event_id=entry.event_id,
            type=entry.type,
            source=entry.source,
            subject=entry.subject,
            time=entry.time,
            request_id=entry.request_id,
            data=dict(entry.data),
        )


class LatestAnswer(BaseModel):
    """The newest event of a subject."""

    subject: str
    sequence: int = Field(
        description="The subject's version after the event, as in the `ETag` of its service. It never decreases:"
        " a change with this version, or with a lower one, has arrived here.",
        examples=[2],
    )
    type: str = Field(description="The type of the newest event.", examples=["UserUpdated.v1"])
    event_id: str
    time: datetime

    @classmethod
    def of(cls, latest: Latest) -> Self:
        """Return the answer that shows the newest event."""
        return cls(
            subject=latest.subject,
            sequence=latest.sequence,
            type=latest.type,
            event_id=latest.event_id,
            time=latest.time,
        )


class EntryPage(PageAnswer[EntryAnswer]):
    """Some events of a subject, newest first."""


class SubjectQuery(BaseModel):
    """The query of a subject's activity."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(
        min_length=1,
        max_length=512,
        # The pattern of the events' envelope; the length fits a key of DynamoDB (2,048 bytes) and a cursor.
        pattern="^[!-~]+$",
        description="The resource: `users/<id>`.",
        examples=["users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"],
    )


class ListQuery(PageQuery, SubjectQuery):
    """The query of the list of activity."""

    # A position contains the subject, so cursors are longer than elsewhere.
    cursor: str | None = Field(default=None, max_length=2048, description="`next_cursor` of the previous page.")
