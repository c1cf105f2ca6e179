"""The access patterns of the table of exports, for docs/data-model.md."""

from functions.exports.domain import Export, Part, cancel, complete, fail, record_part, request_export
from functions.exports.repository import ExportRepository
from functions.shared.http.idempotency import IdempotentRequests
from tests.idempotency import remembered
from tools.data_model.pattern import Measured, access_pattern

PAGE = 20
OWNER = "0" * 36
CANCEL = "POST /exports/{export_id}/cancel"


def added(restricted_to: str | None = OWNER) -> Export:
    export, event = request_export(source="users", owner=OWNER, restricted_to=restricted_to)
    ExportRepository().add(export, event)
    return export


@access_pattern("POST /exports")
def start_an_export() -> Measured:
    change = request_export(source="users", owner=OWNER, restricted_to=None)
    return lambda: ExportRepository().add(*change, request_token="0" * 64)


@access_pattern("POST /exports")
def remember_a_request_by_its_idempotency_key() -> Measured:
    return remembered(IdempotentRequests("exports", operation="exports.request"), {"id": "0" * 36})


@access_pattern("GET /exports/{export_id}", CANCEL, "recorder", "joiner")
def get_an_export() -> Measured:
    export = added()
    return lambda: ExportRepository().get(export.export_id)


@access_pattern("recorder")
def record_a_part() -> Measured:
    export = added()
    change = record_part(export, Part(rows=1000, size_bytes=230_000, next_position="0" * 36))
    return lambda: ExportRepository().replace(export, *change)


@access_pattern("joiner")
def complete_an_export() -> Measured:
    export = added()
    return lambda: ExportRepository().replace(export, *complete(export))


@access_pattern(CANCEL)
def cancel_an_export() -> Measured:
    export = added()
    return lambda: ExportRepository().replace(export, *cancel(export))


@access_pattern("GET /exports", "GET /exports/{export_id}", CANCEL, "recorder", "joiner")
def fail_an_overdue_export() -> Measured:
    export = added()
    return lambda: ExportRepository().replace(export, *fail(export, "too_slow"))


@access_pattern("GET /exports")
def list_the_exports_of_a_member() -> Measured:
    for _ in range(PAGE + 5):
        added()
    return lambda: ExportRepository().list_page(restricted_to=OWNER, limit=PAGE, after="f" * 36)


@access_pattern("GET /exports")
def list_all_exports() -> Measured:
    for _ in range(PAGE + 5):
        added(restricted_to=None)
    return lambda: ExportRepository().list_page(restricted_to=None, limit=PAGE, after="f" * 36)
