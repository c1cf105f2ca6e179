"""The requests and answers of the API of users."""

from datetime import datetime
from typing import Annotated, Literal, Self, TypedDict

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    with_config,
)
from pydantic_core import PydanticCustomError

from functions.shared.http.lists import PageAnswer, PageQuery
from functions.shared.text import is_name, name_pattern, trimmed, trimmed_name
from functions.users.domain import Details, User


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - for requests with an address only

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise PydanticCustomError("email", "{reason}", {"reason": str(error)}) from error


# RFC 5321 allows 254 characters: https://www.rfc-editor.org/errata/eid1690. Longer addresses take seconds to validate.
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    BeforeValidator(trimmed),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254, "examples": ["ada@example.com"]}),
]


def _name(text: str) -> str:
    if not is_name(text):
        raise PydanticCustomError(
            "name", "Expected a visible character, and neither control characters nor marks of text direction"
        )
    return text


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_name),
    BeforeValidator(trimmed_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 200, "pattern": name_pattern()}),
]


# RFC 5646, section 2.1: language, script, region, variants, extensions, private use. Section 4.4.1: 35 characters.
# `(?i)` is not a pattern of JSON Schema, and it would admit letters beyond ASCII.
_LANGUAGE_TAG = (
    r"^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WYZa-wyz0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)


def _canonical_case(tag: str) -> str:
    """Return a tag in the case of RFC 5646, section 2.1.1: `sr-Latn-RS`; lower case after a singleton."""
    head, *rest = tag.lower().split("-")
    singleton = next((place for place, part in enumerate(rest) if len(part) == 1), len(rest))
    cased = [{2: str.upper, 4: str.title}.get(len(part), str)(part) for part in rest[:singleton]]
    return "-".join([head, *cased, *rest[singleton:]])


Locale = Annotated[
    str,
    StringConstraints(max_length=35, pattern=_LANGUAGE_TAG),
    AfterValidator(_canonical_case),
    BeforeValidator(trimmed),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Request):
    """An account to create."""

    email: Email = Field(description="Unique regardless of case.")
    name: Name | None = Field(default=None, description="The person's name.", examples=["Ada Lovelace"])
    locale: Locale | None = Field(default=None, description="A language tag (BCP 47).", examples=["en-GB"])

    def to_domain(self) -> Details:
        """Return the account in the form of the domain."""
        return Details(**self.model_dump())


class ImportedUser(NewUser):
    """An account that a row of an import describes; a row of an export can be of a deactivated user."""

    active: Annotated[bool, BeforeValidator(trimmed)] = True

    def to_domain(self) -> Details:
        """Return the account in the form of the domain."""
        return Details(**self.model_dump(exclude={"active"}))


# A dictionary of the given fields only. The fields of a model would have defaults, which generated clients send.
@with_config(ConfigDict(extra="forbid"))
class UserChanges(TypedDict, total=False):
    """Changes of a user; fields that are left out stay as they are."""

    email: Annotated[Email, Field(description="A new address.")]
    name: Annotated[Name | None, Field(description="A new name; null removes it.")]
    locale: Annotated[Locale | None, Field(description="A new language tag (BCP 47); null removes it.")]
    active: Annotated[bool, Field(strict=True, description="false deactivates the user, true reactivates them.")]


class UserAnswer(BaseModel):
    """A user."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    email: str
    name: str | None
    # Without a default, an answer that was stored for a replay before the field existed would not validate.
    locale: str | None = None
    active: bool
    version: int = Field(description="Starts at 1, grows by 1 with each change; also in ETag.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the answer that shows a user."""
        return cls(
            **user.details(),
            id=user.user_id,
            active=user.active,
            version=user.version,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class UserPage(PageAnswer[UserAnswer]):
    """Some users, oldest first."""


class ListQuery(PageQuery):
    """The query of the list of users."""

    active: Literal["true", "false"] | None = Field(default=None, description="Only users who are, or are not, active.")

    @property
    def active_only(self) -> bool | None:
        """The filter as a truth value; None for all users."""
        return None if self.active is None else self.active == "true"
