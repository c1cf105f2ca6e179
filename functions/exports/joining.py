"""The end of an export: its parts are joined, and removed once they are no longer needed.

What can go wrong, and what then happens:

- an event comes twice, or the function ends in between: parts are joined again into the same object, from the same
  parts, unless the export is over; parts are removed again;
- the export is cancelled while its parts are joined: whoever comes last removes the object;
- the parts have ended: by then the export has failed.
"""

from datetime import UTC, datetime

from functions.exports.domain import Export, complete, export_key, fail, has_died, part_key
from functions.exports.errors import ExportNotFound, StaleExport
from functions.exports.store import ExportStore, Objects
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen


class Joining:
    """Brings exports to their end."""

    def __init__(self, store: ExportStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def go_on(self, event: Event) -> None:
        """Join what an `ExportWritten.v1` tells of, and remove what an end of an export leaves behind.

        Raises:
            AlreadySeen: It is done, or the export is forgotten.
        """
        try:
            export = self._store.get(event.data["export_id"])
        except ExportNotFound as error:
            # What it leaves behind ends by the lifecycle of the bucket.
            raise AlreadySeen from error
        if event.type == "ExportWritten.v1":
            self._join(export)
        else:
            self._clear(export)

    def _join(self, export: Export) -> None:
        if export.status != "joining":
            self._withdraw(export)
            raise AlreadySeen
        if has_died(export, datetime.now(UTC)):
            change = fail(export, "too_slow")
        else:
            self._objects.join(_part_keys(export, export.parts - export.empty_end), export_key(export))
            change = complete(export)
        try:
            self._store.replace(export, *change)
        except StaleExport as error:
            self._withdraw(self._store.get(export.export_id))
            raise AlreadySeen from error

    def _clear(self, export: Export) -> None:
        # One more than there are: it may be on its way while the export ends.
        self._objects.remove(_part_keys(export, export.parts + 1))
        self._withdraw(export)

    def _withdraw(self, export: Export) -> None:
        if export.status in {"cancelled", "failed"}:
            self._objects.remove([export_key(export)])


def _part_keys(export: Export, number: int) -> list[str]:
    return [part_key(export, part) for part in range(number)]
