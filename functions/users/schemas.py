"""The requests and answers of the API of users."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from functions.shared.http.lists import PageAnswer, PageQuery
from functions.users.domain import Changes, Details, User


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
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254, "examples": ["ada@example.com"]}),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewUser(_Request):
    """An account to create."""

    email: Email = Field(description="Unique whatever its case.")
    name: Name | None = Field(default=None, description="The person's name.", examples=["Ada Lovelace"])

    def to_domain(self) -> Details:
        """Return the account in the form of the domain."""
        return Details(**self.model_dump())


class UserChanges(_Request):
    """Changes of a user; fields that are left out stay as they are."""

    email: Email = Field(default="", description="A new address.")
    name: Name | None = Field(default=None, description="A new name; null removes it.")
    active: bool = Field(default=True, strict=True, description="false deactivates the user, true reactivates them.")

    def to_domain(self) -> Changes:
        """Return the given changes in the form of the domain."""
        return self.model_dump(exclude_unset=True)


class UserAnswer(BaseModel):
    """A user."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    email: str
    name: str | None
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
