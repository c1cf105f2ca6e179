"""Opaque cursors: a signed position in a list, so that clients cannot invent one or use it with other filters."""

from collections.abc import Callable, Mapping

from itsdangerous import BadSignature, URLSafeSerializer

from functions.shared.errors import InvalidCursor

type Position = str
type Query = Mapping[str, object]


class Cursors:
    """Signs and reads the cursors of one list.

    Args:
        list_name: The name of the list, for instance `users`; cursors of other lists are refused.
        key: Returns the signing key; called only if a cursor is made or read.
    """

    def __init__(self, list_name: str, *, key: Callable[[], str]) -> None:
        self._list_name = list_name
        self._key = key

    def seal(self, position: Position, *, query: Query) -> str:
        """Return the cursor of the page after `position` of `query`."""
        return str(self._serializer().dumps([position, _canonical(query)]))

    def open(self, cursor: str, *, query: Query) -> Position:
        """Return the position in a cursor that `seal` has made.

        Raises:
            InvalidCursor: The cursor is malformed, or was made for another query.
        """
        try:
            position, sealed_for = self._serializer().loads(cursor)
        except BadSignature as error:
            raise InvalidCursor("The cursor was not made by this service. Start again without one.") from error
        if sealed_for != _canonical(query):
            raise InvalidCursor("The cursor belongs to a query with other filters. Repeat them, or start without one.")
        return str(position)

    def _serializer(self) -> URLSafeSerializer:
        import hashlib  # noqa: PLC0415 - only for a cursor

        return URLSafeSerializer(
            self._key(), salt=f"cursor:{self._list_name}", signer_kwargs={"digest_method": hashlib.sha256}
        )


def _canonical(query: Query) -> list[list[object]]:
    return [[name, query[name]] for name in sorted(query)]
