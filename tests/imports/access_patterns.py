"""The access patterns of the table of imports, for docs/data-model.md."""

from dataclasses import replace

from functions.imports.domain import FileVersion, Import, Tally, cancel, conclude, finish, record_chunk, request_import
from functions.imports.parsing.chunks import CHUNK_RECORDS, Chunk
from functions.imports.parsing.columns import Columns
from functions.imports.parsing.encodings import Encoding
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.lines import Position
from functions.imports.parsing.rows import Accepted, Checkpoint, Reject
from functions.imports.repository import ImportRepository
from functions.shared.http.idempotency import IdempotentRequests
from tests.idempotency import remembered
from tools.data_model.pattern import Measured, access_pattern

PAGE = 20
FILE_ID = "01938b2e-ac4a-7d3f-9a51-4f0c2b6d8e10"
FILE = FileVersion(
    file_id=FILE_ID,
    owner="0" * 36,
    key=f"files/{FILE_ID}/1",
    version_id="v" * 32,
    size_bytes=4_000_000,
    content_type="text/csv",
)
LAYOUT = Layout(target="users", format="csv", mapping={"E-mail": "email", "Full name": "name"})
CHECKPOINT = Checkpoint(Position(40_000, 1001), Encoding("utf-8"), Columns(2, {"email": 0, "name": 1}))
REJECTS = [Reject(line, "email", "not_an_address") for line in range(2, 12)]
ONE = ("GET /imports/{import_id}", "POST /imports/{import_id}/cancel")


def added(number: int = 1) -> Import:
    import_, events = request_import(layout=LAYOUT, file=replace(FILE, version_id=str(number)))
    ImportRepository().add(import_, events)
    return import_


@access_pattern("consumer")
def keep_an_uploaded_file() -> Measured:
    return lambda: ImportRepository().keep_file(FILE, number=2)


@access_pattern("consumer")
def mark_a_file_as_deleted() -> Measured:
    return lambda: ImportRepository().forget_file(FILE_ID)


@access_pattern("POST /imports")
def find_the_file_to_import() -> Measured:
    ImportRepository().keep_file(FILE, number=2)
    return lambda: ImportRepository().find_file(FILE_ID)


@access_pattern("POST /imports")
def start_an_import() -> Measured:
    import_, events = request_import(layout=LAYOUT, file=FILE)
    return lambda: ImportRepository().add(import_, events, request_token="0" * 64)


@access_pattern("POST /imports")
def remember_a_request_by_its_idempotency_key() -> Measured:
    return remembered(IdempotentRequests("imports", operation="imports.request"), {"id": "0" * 36})


@access_pattern(*ONE, "consumer", "reading", "finishing")
def get_an_import() -> Measured:
    import_ = added()
    return lambda: ImportRepository().get(import_.import_id)


@access_pattern(*ONE, "consumer", "reading", "finishing")
def get_the_tally_of_an_import() -> Measured:
    ImportRepository().add_to_tally(FILE_ID, 0, Tally(chunks=1), rejects=[])
    return lambda: ImportRepository().get_tally(FILE_ID)


@access_pattern("reading")
def record_a_chunk() -> Measured:
    import_ = added()
    accepted = [Accepted(line, {"email": "ada@example.com"}) for line in range(2, CHUNK_RECORDS)]
    after, events = record_chunk(import_, Chunk(CHECKPOINT, accepted, REJECTS))
    return lambda: ImportRepository().replace(import_, after, events, rejects=REJECTS)


@access_pattern("consumer")
def count_an_imported_chunk() -> Measured:
    counts = Tally(chunks=1, written=990, rejected=10)
    return lambda: ImportRepository().add_to_tally(FILE_ID, 0, counts, rejects=REJECTS)


@access_pattern("consumer", "reading", "finishing")
def start_finishing_an_import() -> Measured:
    import_ = added()
    return lambda: ImportRepository().replace(import_, *finish(import_))


@access_pattern(ONE[1])
def cancel_an_import() -> Measured:
    import_ = added()
    return lambda: ImportRepository().replace(import_, *cancel(import_))


@access_pattern("finishing")
def read_the_rejects_of_fifty_chunks() -> Measured:
    for chunk in range(50):
        ImportRepository().add_to_tally(FILE_ID, chunk, Tally(chunks=1), rejects=REJECTS)
    return lambda: list(ImportRepository().rejects(FILE_ID, range(50)))


@access_pattern("finishing")
def conclude_an_import() -> Measured:
    import_ = added()
    ImportRepository().add_to_tally(import_.import_id, 0, Tally(chunks=1), rejects=[])
    after, events = conclude(import_, tally=Tally(chunks=1), rejects_key=None)
    return lambda: ImportRepository().replace(import_, after, events)


@access_pattern("GET /imports")
def list_the_imports_of_an_owner() -> Measured:
    for number in range(PAGE + 5):
        added(number)
    return lambda: ImportRepository().list_page(restricted_to=FILE.owner, limit=PAGE, after="f" * 36)


@access_pattern("GET /imports")
def list_all_imports() -> Measured:
    for number in range(PAGE + 5):
        added(number)
    return lambda: ImportRepository().list_page(restricted_to=None, limit=PAGE, after="f" * 36)
