"""The use cases of users."""

from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.optimistic_locking import retry_if_stale
from functions.users.domain import Changes, Details, Profile, User, change_user, create_user, deactivated
from functions.users.errors import (
    AccountTaken,
    EmailChangeForbidden,
    EmailTaken,
    EmailUnverified,
    ReactivationForbidden,
    StaleUser,
    UserNotFound,
)
from functions.users.ports import Profiles, UserStore


class UserService:
    """The use cases of users; `restricted_to` is the subject that sees only their own account, None for all users."""

    def __init__(self, store: UserStore, profiles: Profiles) -> None:
        self._store = store
        self._profiles = profiles

    def create(self, details: Details, *, request_token: str | None = None) -> User:
        """Create a user.

        Args:
            details: With a valid address.
            request_token: The token of the request: a retry finds the user that an unanswered first try created.

        Raises:
            EmailTaken: Another user has the address.
        """
        user, event = create_user(details)
        try:
            self._store.add(user, event, request_token=request_token)
        except EmailTaken:
            earlier = request_token and self._store.find_by_request(user.email, request_token)
            if not earlier:
                raise
            return earlier
        return user

    def account(self, subject: str, *, token: str) -> User:
        """Return the caller's account; at the first call, create it, or link the account with their address.

        Raises:
            EmailUnverified: The pool has not verified the address of the caller.
            AccountTaken: Another subject signs in as the user with this address.
            AddressResembles: No user has this address, but a user has one that resembles it.
            InvalidToken: The pool has revoked the token.
            Forbidden: The token lacks the scope for reading a profile.
            Unavailable: The pool or the table is busy or unreachable.
        """
        known = self._store.find_account(subject)
        if known is None:
            self._provision(subject, self._profiles.get(token))
            known = self._store.find_account(subject)
        if known is None:
            raise AccountTaken
        return self._store.get(known)

    def _provision(self, subject: str, profile: Profile) -> None:
        if not (profile.email and profile.email_is_verified):
            raise EmailUnverified
        user, event = create_user(Details(email=profile.email, name=profile.name), owner=subject)

        def add_or_link() -> None:
            try:
                self._store.add(user, event, subject=subject)
            except EmailTaken as error:
                holder = self._store.find_by_email(user.email)
                # The same person may send two calls at the same time, and the other call may have come first.
                if self._store.find_account(subject) is None:
                    # An administrator may be changing the address: it can then be free, or belong to another user.
                    if holder is None:
                        raise StaleUser from error
                    # The event of the deactivation had no owner, so the gatekeeper ended no access: publish it again.
                    again = None if holder.active else deactivated(holder, owner=subject)
                    self._store.link(holder, subject, again)

        retry_if_stale(add_or_link, busy="Others are changing the account with your address. Try again.")

    def get(self, user_id: str, *, restricted_to: str | None = None) -> User:
        """Return a user.

        Raises:
            UserNotFound: No user has this id.
        """
        if not is_id(user_id) or (restricted_to is not None and self._store.find_account(restricted_to) != user_id):
            raise UserNotFound
        return self._store.get(user_id)

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """Return at most `limit` users after a position, oldest first."""
        return self._store.list_page(active=active, limit=limit, after=after)

    def change(
        self, user_id: str, changes: Changes, *, versions: frozenset[int] | None, restricted_to: str | None = None
    ) -> User:
        """Change a user who is at one of these versions, or at any version if `versions` is None.

        Raises:
            UserNotFound: No user has this id.
            EmailChangeForbidden: The owner tries to change their address.
            ReactivationForbidden: The owner tries to reactivate their account.
            StaleUser: The user is at another version.
            EmailTaken: Another user has the new address.
            Unavailable: Others kept changing the user at the same time.
        """

        def change_stored() -> User:
            user = self.get(user_id, restricted_to=restricted_to)
            if restricted_to is not None and changes.get("email", user.email) != user.email:
                raise EmailChangeForbidden
            if versions is not None and user.version not in versions:
                raise StaleUser
            if restricted_to is not None and not user.active and changes.get("active"):
                raise ReactivationForbidden
            # The event names the owner of the account even if an administrator changes it.
            outcome = change_user(user, changes, owner=restricted_to or self._store.find_sign_in(user_id))
            if outcome is None:
                return user
            after, event = outcome
            self._store.replace(user, after, event)
            return after

        return retry_if_stale(change_stored, versions=versions, busy="Others are changing this user. Try again.")

    def deactivate(
        self, user_id: str, *, versions: frozenset[int] | None = None, restricted_to: str | None = None
    ) -> None:
        """Deactivate a user; an inactive user stays inactive.

        Raises:
            UserNotFound: No user has this id.
            StaleUser: The user is at none of the given versions.
            Unavailable: Others kept changing the user at the same time.
        """
        self.change(user_id, {"active": False}, versions=versions, restricted_to=restricted_to)
