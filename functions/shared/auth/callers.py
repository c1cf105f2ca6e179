"""Who calls, as an access token of the user pool says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.shared.interface.names import ADMIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person or a machine client.

    Attributes:
        subject: Whose it is what the caller makes: the pool's id of a person, or the client's own.
        is_machine: It is an integration's client, and no person.
        groups: A person's groups in the pool.
        scopes: What the token is good for, such as `users/read`.
        token: What proves all this; for calls in the caller's name, and never for a log.
    """

    subject: str
    is_machine: bool
    groups: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    token: str = ""

    @property
    def restricted_to(self) -> str | None:
        """The subject whose things alone the caller sees and changes; None for those who reach everyone's."""
        return None if self.is_machine or ADMIN in self.groups else self.subject

    def __repr__(self) -> str:
        return f"Caller({self.subject!r})"


def caller_of(claims: Mapping[str, Any], token: str) -> Caller:
    """Return the caller whom the verified claims of an access token name.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    """
    return Caller(
        subject=str(claims["sub"]),
        # A token that a client got for itself names no user.
        is_machine="username" not in claims,
        groups=frozenset(claims.get("cognito:groups", ())),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        token=token,
    )
