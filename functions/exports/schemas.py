"""The requests and answers of the exports API."""

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from functions.exports.domain import Export, Reason, Source, Status
from functions.exports.service import LINK_EXPIRES_IN_S
from functions.shared.http.lists import PageAnswer

# The names in the OpenAPI document, in which every service has names of its own.
type ExportStatus = Status
type ExportSource = Source
type ExportFailure = Reason


class NewExport(BaseModel):
    """A request for an export."""

    model_config = ConfigDict(extra="forbid")

    source: ExportSource = Field(
        description="`users`: a line for each user, in no order, as in the answer of `GET /users/{user_id}`. "
        "`activity`: a line for each entry, as in the answer of `GET /activity`, grouped by subject, oldest first."
    )


class Download(BaseModel):
    """A signed link; it is the only authorisation that the download needs, until it expires."""

    url: str
    expires_at: datetime


class ExportAnswer(BaseModel):
    """An export in newline-delimited JSON (UTF-8), a JSON object on each line."""

    id: str = Field(examples=["01938b2f-1c4a-7d3f-9a51-4f0c2b6d8e10"])
    status: ExportStatus = Field(
        description="`requested`, `writing` and `joining` until it is `available`; or `failed`, or `cancelled`."
    )
    source: ExportSource
    owner: str = Field(description="The subject that requested the export.")
    rows_written: int = Field(description="Lines written so far.")
    size_bytes: int = Field(description="Size of the lines written so far.")
    failure: ExportFailure | None = Field(
        description="`too_slow` if the export took more than three days, `too_large` if it has more than 2,000 parts, "
        "some 62 GB."
    )
    download: Download | None = Field(default=None, description="Only once the export is available, and not in lists.")
    created_at: datetime
    updated_at: datetime
    expires_at: datetime = Field(description="The time at which the export and its content are removed.")

    @classmethod
    def of(cls, export: Export, *, link: str | None = None) -> Self:
        """Return the answer for an export."""
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


class ExportPage(PageAnswer[ExportAnswer]):
    """A page of exports, newest first."""


def _link_end() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=LINK_EXPIRES_IN_S)
