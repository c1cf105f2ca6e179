"""Users, and the changes that they allow."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event
from functions.users.addresses import email_key

# New values by field name: any field of `Details`, or `active`.
type Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The fields of a user that clients choose.

    Attributes:
        email: The address as it was entered; unique by its key (`addresses.py`).
        locale: A language tag in canonical case: https://www.rfc-editor.org/info/bcp47.
    """

    email: str
    name: str | None = None
    locale: str | None = None

    def details(self) -> dict[str, Any]:
        """Return these fields only, by name."""
        return {name: getattr(self, name) for name in DETAILS}


DETAILS = tuple(field.name for field in fields(Details))


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Details):
    """An account.

    Attributes:
        user_id: Ids sort by the time of creation.
        version: Starts at 1 and grows by 1 with each change.
        created_at: In UTC.
        updated_at: In UTC.
    """

    user_id: str
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def email_key(self) -> str:
        """The form of the address by which it is unique."""
        return email_key(self.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of a person in the user pool."""

    email: str
    email_is_verified: bool
    name: str | None


def new_user(details: Details, *, user_id: str, now: datetime, active: bool = True) -> User:
    """Return a new user; `now` is in UTC."""
    return User(**details.details(), user_id=user_id, active=active, version=1, created_at=now, updated_at=now)


def create_user(details: Details, *, owner: str | None = None) -> tuple[User, Event]:
    """Return a new, active user and the event of their creation; `owner` is the subject that signs in as the user."""
    user = new_user(details, user_id=new_id(), now=datetime.now(UTC))
    return user, _event("UserCreated.v1", user, owner)


def change_user(user: User, changes: Changes, *, owner: str | None = None) -> tuple[User, Event] | None:
    """Return the changed user, with the next version, and the event of the change; None if nothing changes.

    Args:
        user: The stored user.
        changes: The requested changes.
        owner: The subject that signs in as the user, for the event.
    """
    changed = sorted(name for name, value in changes.items() if value != getattr(user, name))
    if not changed:
        return None
    after = replace(user, **changes, version=user.version + 1, updated_at=datetime.now(UTC))
    deactivated = user.active and not after.active
    return after, _event("UserDeactivated.v1" if deactivated else "UserUpdated.v1", after, owner, changed=changed)


def deactivated(user: User, *, owner: str) -> Event:
    """Return the event of a deactivation again, for an inactive user who has got an owner since."""
    return _event("UserDeactivated.v1", user, owner, changed=["active"])


def _event(event_type: str, user: User, owner: str | None, **more: Any) -> Event:  # noqa: ANN401 - JSON values
    owned = {} if owner is None else {"owner": owner}
    return Event(
        type=event_type,
        source="users",
        subject=f"users/{user.user_id}",
        sequence=user.version,
        # Events contain neither addresses nor names: see docs/decisions.
        data={"user_id": user.user_id, **owned, "active": user.active, **more},
    )
