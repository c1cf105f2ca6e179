"""The caller of a request, as the access token of the user pool describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.shared.interface.names import ADMIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person or a machine client.

    Attributes:
        subject: The owner of the caller's resources: a person's id in the pool, or the id of a machine client.
        is_machine: True for the client of an integration, false for a person.
        groups: The groups of a person in the pool.
        scopes: The scopes of the token, such as `users/read`.
        token: The token itself, for calls on behalf of the caller; it must never be logged.
    """

    subject: str
    is_machine: bool
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    token: str = ""

    @property
    def restricted_to(self) -> str | None:
        """The subject that limits the caller to their own data; None for admins and machine clients."""
        return None if self.is_machine or ADMIN in self.groups else self.subject

    def __repr__(self) -> str:
        return f"Caller({self.subject!r})"


def caller_of(claims: Mapping[str, Any], token: str) -> Caller:
    """Return the caller that the verified claims of an access token describe.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    """
    return Caller(
        subject=str(claims["sub"]),
        # A token of the client credentials grant has no user name.
        is_machine="username" not in claims,
        groups=frozenset(claims.get("cognito:groups", ())),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        token=token,
    )
