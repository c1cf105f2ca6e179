"""What clients send and get about exports."""

from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from functions.exports.domain import Export, Reason, Source, Status
from functions.exports.service import LINK_EXPIRES_IN_S


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewExport(_Request):
    """What to export."""

    source: Literal["users", "activity"] = Field(
        description="`users`: a line for each user, in no order, as `GET /users/{user_id}` answers it. `activity`: a "
        "line for each entry, as `GET /activity` lists it, those of a subject together and oldest first."
    )


class Download(BaseModel):
    """A signed address: whoever has it can get the content, until it expires."""

    url: str
    expires_at: datetime


class ExportAnswer(BaseModel):
    """An export: newline-delimited JSON in UTF-8, a JSON object on each line."""

    id: str = Field(examples=["01938b2f-1c4a-7d3f-9a51-4f0c2b6d8e10"])
    status: Status = Field(
        description="`requested`, `writing` and `joining` until it is `available`; or `failed`, or `cancelled`."
    )
    source: Source
    owner: str = Field(description="The subject who asked for it.")
    rows_written: int = Field(description="Lines that are written so far.")
    size_bytes: int = Field(description="Their size.")
    failure: Reason | None = Field(
        description="Why it failed: `too_slow` when it took more than three days, `too_large` when it has "
        "more than 2,000 parts, some 62 GB."
    )
    download: Download | None = Field(default=None, description="Once it is available; not in lists.")
    created_at: datetime
    updated_at: datetime
    expires_at: datetime = Field(description="When it is forgotten, and its content removed.")

    @classmethod
    def of(cls, export: Export, *, link: str | None = None) -> Self:
        """Return the answer that shows an export."""
        return cls(
            id=export.export_id,
            status=export.status,
            source=export.source,
            owner=export.owner,
            rows_written=export.rows,
            size_bytes=export.size_bytes,
            failure=export.reason,
            download=Download(url=link, expires_at=_link_end()) if link else None,
            created_at=export.created_at,
            updated_at=export.updated_at,
            expires_at=export.expires_at,
        )


class ExportPage(BaseModel):
    """Some exports, newest first."""

    items: list[ExportAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class ListQuery(_Request):
    """How to list exports."""

    limit: int = Field(default=20, ge=1, le=100, description="At most how many; fewer where some have just expired.")
    cursor: str | None = Field(default=None, max_length=1024, description="`next_cursor` of the page before.")


def _link_end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=LINK_EXPIRES_IN_S)
