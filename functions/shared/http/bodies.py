"""The bodies of requests: their content type, and the number of values in them."""

from typing import Annotated

from fastapi import Depends, Header, Request

from functions.shared.errors import InvalidRequest, UnsupportedMediaType

# No request needs more than a hundred values. A body of 1 MB can have a third of a million, and the validation of each
# wrong one takes microseconds and makes an error, before it looks at the length of a list.
VALUES_MAX = 1000


async def _json_only(
    request: Request, content_type: Annotated[str | None, Header(include_in_schema=False)] = None
) -> None:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("The body must be JSON: send Content-Type: application/json.")
    # FastAPI has parsed the body; Starlette keeps the result.
    if await request.body() and _has_too_many_values(await request.json()):
        raise InvalidRequest(f"The body has more than {VALUES_MAX} values.")


# For routes with a body, before it is validated: another content type is answered 415, not with errors about missing
# fields.
json_only = Depends(_json_only)


def _has_too_many_values(body: object) -> bool:
    unseen, seen = [body], 0
    while unseen:
        value = unseen.pop()
        seen += 1
        if isinstance(value, dict | list):
            if seen + len(unseen) + len(value) > VALUES_MAX:
                return True
            unseen.extend(value.values() if isinstance(value, dict) else value)
    return False
