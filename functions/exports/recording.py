"""Counts each part of an export once, and requests the next part or the joining.

What can go wrong:

- S3 notifies twice, or late: the export has more parts by then, and nothing changes;
- a source writes a part twice: S3 keeps the first (`functions/shared/exporting.py`);
- the export of a part is over, or has expired: the part is removed;
- the function crashes: the message is delivered again; counting the part and requesting the next one are one
  transaction.
"""

import re
from datetime import UTC, datetime

from functions.exports.domain import Export, fail, is_overdue, part_key, record_part
from functions.exports.errors import ExportNotFound
from functions.exports.ports import ExportObjects, ExportStore
from functions.shared.correlation import correlate
from functions.shared.errors import StaleVersion
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from functions.shared.observability import count, log_as, logger

_KEY = re.compile(r"parts/[a-z0-9]+/([0-9a-f-]{36})/([0-9]{5})\.ndjson")


class PartRecorder:
    """Counts the parts of exports."""

    def __init__(self, store: ExportStore, objects: ExportObjects) -> None:
        self._store = store
        self._objects = objects

    def record(self, arrived: NewObject) -> None:
        """Count a part of an export.

        Raises:
            AlreadySeen: The part was counted before, or the export does not need it.
        """
        export, number = self._find_or_remove(arrived)
        log_as(correlate(request_id=export.correlation.request_id, traceparent=export.correlation.traceparent))
        if export.is_over:
            self._objects.remove([arrived.key])
            raise AlreadySeen
        if export.status == "joining" or number != export.parts:
            raise AlreadySeen
        if is_overdue(export, datetime.now(UTC)):
            change = fail(export, "too_slow")
        else:
            part = self._objects.get_part(arrived.key)
            change = record_part(export, part)
            count("RowsExported", part.rows)
        try:
            self._store.replace(export, *change)
        except StaleVersion as error:
            # Another delivery has counted the part; or the export was cancelled, and the joiner removes the part.
            raise AlreadySeen from error
        logger.info("part recorded", export_id=export.export_id, part=number, status=change[0].status)

    def _find_or_remove(self, arrived: NewObject) -> tuple[Export, int]:
        try:
            return self._find(arrived.key)
        except ExportNotFound as error:
            logger.info("part without an export removed", key=arrived.key)
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
