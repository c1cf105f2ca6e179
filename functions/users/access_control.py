"""The access of people: it ends when their accounts are deactivated, and returns when they are active again."""

from functions.shared.messaging.events import Event
from functions.users.domain import User
from functions.users.ports import SignIns, UserStore


class AccessControl:
    """Ends the access of people with inactive accounts, and restores it when the accounts are active again.

    Events arrive late, twice and in any order. They only tell that an account has changed: its present state decides.
    """

    def __init__(self, store: UserStore, sign_ins: SignIns) -> None:
        self._store = store
        self._sign_ins = sign_ins

    def take(self, event: Event) -> None:
        """Give the owner of an account the access that its state allows, after the account was changed.

        Raises:
            Unavailable: The pool or a table is busy or unreachable.
        """
        if "active" not in event.data.get("changed", ()):
            return
        user_id = event.data["user_id"]
        user = None
        # Another process may see another state at the same time; the last one to finish sees the last state.
        while user is None or self._store.get(user_id).active != user.active:
            user = self._store.get(user_id)
            subject = event.data.get("owner") or self._owner_of(user)
            if subject is None:
                return
            if user.active:
                self._sign_ins.restore(subject)
            else:
                self._sign_ins.end(subject)

    def _owner_of(self, user: User) -> str | None:
        # The owner may have signed in for the first time while the account was changed. People can also use the other
        # services before they have ever asked for their own account.
        return self._store.find_sign_in(user.user_id) or self._sign_ins.find(user.email)
