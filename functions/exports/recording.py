"""What follows a part: it is counted once, and the next one is asked for, or all of them are to be joined.

What can go wrong, and what then happens:

- S3 tells of a part twice, or late: the export counts more parts already, and nothing changes;
- a source writes a part twice: S3 keeps the first (`functions/shared/exporting.py`);
- a part comes for an export that is over, or forgotten: the part is removed;
- the function ends in between: the message comes again; the part is counted with the event that asks for the next one,
  or not at all.
"""

import re
from datetime import UTC, datetime

from functions.exports.domain import Export, fail, has_died, part_key, record_part
from functions.exports.errors import ExportNotFound, StaleExport
from functions.exports.store import ExportStore, Objects
from functions.shared.correlation import correlate
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from functions.shared.observability import count, log_as, logger

_KEY = re.compile(r"parts/[a-z0-9]+/([0-9a-f-]{36})/([0-9]{5})\.ndjson")


class Recording:
    """Counts parts."""

    def __init__(self, store: ExportStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def record(self, arrived: NewObject) -> None:
        """Count a part of an export.

        Raises:
            AlreadySeen: It is counted, or nobody waits for it any more.
        """
        export, number = self._asked_for(arrived)
        log_as(correlate(request_id=export.correlation.request_id, traceparent=export.correlation.traceparent))
        if export.is_over:
            self._objects.remove([arrived.key])
            raise AlreadySeen
        if export.status == "joining" or number != export.parts:
            raise AlreadySeen
        if has_died(export, datetime.now(UTC)):
            change = fail(export, "too_slow")
        else:
            part = self._objects.look_at(arrived.key)
            change = record_part(export, part)
            count("RowsExported", part.rows)
        try:
            self._store.replace(export, *change)
        except StaleExport as error:
            # Another delivery has counted it, or the export was cancelled, and who follows that removes it.
            raise AlreadySeen from error
        logger.info("part recorded", export_id=export.export_id, part=number, status=change[0].status)

    def _asked_for(self, arrived: NewObject) -> tuple[Export, int]:
        try:
            return self._find(arrived.key)
        except ExportNotFound as error:
            logger.info("part of no export removed", key=arrived.key)
            self._objects.remove([arrived.key])
            raise AlreadySeen from error

    def _find(self, key: str) -> tuple[Export, int]:
        match = _KEY.fullmatch(key)
        if match is None:
            raise ExportNotFound
        export, number = self._store.get(match[1]), int(match[2])
        if part_key(export, number) != key:
            raise ExportNotFound
        return export, number
