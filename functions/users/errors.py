"""The errors of users; `functions/shared/errors.py` has those of every service."""

from collections.abc import Mapping

from functions.shared.errors import Conflict, Forbidden, NotFound, StaleVersion


class UserNotFound(NotFound):
    slug = "user-not-found"
    title = "There is no such user"

    def __init__(self) -> None:
        super().__init__("No user has this id.")


class EmailTaken(Conflict):
    slug = "email-taken"
    title = "The e-mail address is taken"

    def __init__(self) -> None:
        super().__init__("Another user has this e-mail address, perhaps with other capital letters.")


class AddressResembles(Conflict):
    """The address of a person only looks like the one of an account, so the account may be another person's."""

    slug = "address-resembles-another"
    title = "Another account has a similar e-mail address"

    def __init__(self) -> None:
        super().__init__(
            "An account has an e-mail address that resembles yours but is another one, so it did not become yours. "
            "Ask an administrator to create an account with your address."
        )


class StaleUser(StaleVersion):
    title = "The user has changed"

    def __init__(self) -> None:
        super().__init__("The user is not at the version named in If-Match. Get it again and repeat the change.")


class EmailUnverified(Forbidden):
    slug = "email-unverified"
    title = "Your e-mail address is not verified"

    def __init__(self) -> None:
        super().__init__(
            "An account needs an e-mail address that the user pool has verified. Verify yours, and repeat."
        )


class AccountTaken(Conflict):
    slug = "account-taken"
    title = "Another person signs in to your account"

    def __init__(self) -> None:
        super().__init__("Another person signs in to the account with your e-mail address. Ask an administrator.")


class ReactivationForbidden(Forbidden):
    slug = "reactivation-forbidden"
    title = "You may not reactivate this account"

    def __init__(self) -> None:
        super().__init__("Only an administrator can reactivate a deactivated account.")


class EmailChangeForbidden(Forbidden):
    """A member may not change the address: they could take another person's, or find out which ones have accounts."""

    slug = "email-change-forbidden"
    title = "You may not change your e-mail address here"

    def __init__(self) -> None:
        super().__init__("Your address is the one that the user pool has verified. Ask an administrator to change it.")


class NotAllNew(Exception):
    """Some of the users of a transaction cannot be added, so none was.

    Attributes:
        present: The places of the users that are stored already.
        holders: For the places of the others, the id of the user who has their address.
        alike: The places of users who must be added one by one, because another address resembles theirs.
    """

    def __init__(
        self, *, present: frozenset[int], holders: Mapping[int, str], alike: frozenset[int] = frozenset()
    ) -> None:
        super().__init__(f"{len(present)} users are stored already, {len(holders)} addresses are taken.")
        self.present = present
        self.holders = holders
        self.alike = alike
