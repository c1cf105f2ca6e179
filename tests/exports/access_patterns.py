"""Access patterns of the table of exports: the calls that tests/tools/data_model records."""

from functions.exports.domain import Export, Part, cancel, complete, fail, record_part, request_export
from functions.exports.repository import ExportRepository
from functions.shared.http.idempotency import IdempotentRequests
from tests.idempotency import remembered
from tests.tools.data_model.access_patterns import Call

OWNER = "0" * 36


def added() -> Export:
    export, event = request_export(source="users", owner=OWNER, restricted_to=OWNER)
    ExportRepository().add(export, event)
    return export


def start_an_export() -> Call:
    added()
    change = request_export(source="users", owner=OWNER, restricted_to=None)
    return lambda: ExportRepository().add(*change, request_token="0" * 64)


def start_an_export_at_the_quota_or_as_the_first_one() -> Call:
    change = request_export(source="users", owner=OWNER, restricted_to=None)
    return lambda: ExportRepository().add(*change)


def remember_a_request_by_its_idempotency_key() -> Call:
    return remembered(IdempotentRequests("exports", operation="exports.request"), {"id": "0" * 36})


def get_an_export() -> Call:
    export = added()
    return lambda: ExportRepository().get(export.export_id)


def record_a_part() -> Call:
    export = added()
    change = record_part(export, Part(rows=1000, size_bytes=230_000, next_position="0" * 36))
    return lambda: ExportRepository().replace(export, *change)


def complete_an_export() -> Call:
    export = added()
    return lambda: ExportRepository().replace(export, *complete(export))


def cancel_an_export() -> Call:
    export = added()
    return lambda: ExportRepository().replace(export, *cancel(export))


def fail_an_overdue_export() -> Call:
    export = added()
    return lambda: ExportRepository().replace(export, *fail(export, "too_slow"))


def list_the_exports_of_a_member() -> Call:
    return lambda: ExportRepository().list_page(restricted_to=OWNER, limit=20, after="f" * 36)


def list_all_exports() -> Call:
    return lambda: ExportRepository().list_page(restricted_to=None, limit=20, after="f" * 36)
