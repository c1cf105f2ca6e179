"""The content type of a request's body."""

from typing import Annotated

from fastapi import Depends, Header

from functions.shared.errors import UnsupportedMediaType


async def _json_only(content_type: Annotated[str | None, Header(include_in_schema=False)] = None) -> None:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("The body must be JSON: send Content-Type: application/json.")


# For routes with a body: another content type is answered 415, not with errors about missing fields.
json_only = Depends(_json_only)
