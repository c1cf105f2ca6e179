"""Joins the parts of an export, and removes them when they are no longer needed.

What can go wrong:

- an event is delivered twice, or the function crashes: unless the export is over, the same parts are joined again into
  the same object; parts are removed again;
- the export is cancelled during the joining: the later of joining and cancellation removes the object;
- the parts have expired: the export has failed by then.
"""

from datetime import UTC, datetime

from functions.exports.domain import Export, complete, export_key, fail, is_overdue, part_key
from functions.exports.errors import ExportNotFound
from functions.exports.ports import ExportObjects, ExportStore
from functions.shared.errors import StaleVersion
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen


class PartJoiner:
    """Joins and removes the parts of exports."""

    def __init__(self, store: ExportStore, objects: ExportObjects) -> None:
        self._store = store
        self._objects = objects

    def consume(self, event: Event) -> None:
        """Join the parts after an `ExportWritten.v1`, and remove them after the events that end an export.

        Raises:
            AlreadySeen: The parts were joined before, or the export has expired.
        """
        try:
            export = self._store.get(event.data["export_id"])
        except ExportNotFound as error:
            # The lifecycle of the bucket removes the objects of an expired export.
            raise AlreadySeen from error
        if event.type == "ExportWritten.v1":
            self._join(export)
        else:
            self._remove_parts(export)

    def _join(self, export: Export) -> None:
        if export.status != "joining":
            self._remove_joined(export)
            raise AlreadySeen
        if is_overdue(export, datetime.now(UTC)):
            change = fail(export, "too_slow")
        else:
            self._objects.join(_part_keys(export, export.parts - export.empty_end), export_key(export))
            change = complete(export)
        try:
            self._store.replace(export, *change)
        except StaleVersion as error:
            self._remove_joined(self._store.get(export.export_id))
            raise AlreadySeen from error

    def _remove_parts(self, export: Export) -> None:
        # The source may have written one more part while the export ended.
        self._objects.remove(_part_keys(export, export.parts + 1))
        self._remove_joined(export)

    def _remove_joined(self, export: Export) -> None:
        if export.status in {"cancelled", "failed"}:
            self._objects.remove([export_key(export)])


def _part_keys(export: Export, number: int) -> list[str]:
    return [part_key(export, part) for part in range(number)]
