"""The API's validation of a new account, for a row of an import: each error becomes a reason code."""

from collections.abc import Mapping

from pydantic import ValidationError

from functions.users.domain import Details
from functions.users.schemas import NewUser

# Pydantic's types of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
_REASONS = {
    "missing": "missing",
    "email": "not_an_address",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
}


def details_of(row: Mapping[str, str]) -> tuple[Details | None, Mapping[str, str]]:
    """Return the account that a row describes, or the reason for each invalid field."""
    try:
        return NewUser.model_validate(row).to_domain(), {}
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        return None, {str(one["loc"][0]): _REASONS.get(one["type"], "not_allowed") for one in wrong}
