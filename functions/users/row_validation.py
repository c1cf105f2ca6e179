"""The API's validation of a new account, for a row of an import: each error becomes a reason code."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError

from functions.users.domain import User, new_user
from functions.users.schemas import ImportedUser

# Pydantic's types of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
_REASONS = {
    "missing": "missing",
    "email": "not_an_address",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
}


def user_of(row: Mapping[str, str], *, user_id: str, now: datetime) -> tuple[User | None, Mapping[str, str]]:
    """Return the user that a row describes, or the reason for each invalid field."""
    try:
        imported = ImportedUser.model_validate(row)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        return None, {str(one["loc"][0]): _REASONS.get(one["type"], "not_allowed") for one in wrong}
    return new_user(imported.to_domain(), user_id=user_id, now=now, active=imported.active), {}
