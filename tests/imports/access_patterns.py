"""Access patterns of the table of imports: the calls that tests/tools/data_model records."""

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
from tests.tools.data_model.access_patterns import Call

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
CHECKPOINT = Checkpoint(Position(40_000, 1001), Encoding("utf-8"), Columns(2, 2, {"email": 0, "name": 1}))
REJECTS = [Reject(line, "email", "not_an_address") for line in range(2, 12)]


def added() -> Import:
    import_, events = request_import(layout=LAYOUT, file=FILE)
    ImportRepository().add(import_, events)
    return import_


def record_an_uploaded_file() -> Call:
    return lambda: ImportRepository().keep_file(FILE, number=2)


def record_a_deleted_file() -> Call:
    return lambda: ImportRepository().forget_file(FILE_ID)


def find_the_file_to_import() -> Call:
    ImportRepository().keep_file(FILE, number=2)
    return lambda: ImportRepository().find_file(FILE_ID)


def start_an_import() -> Call:
    import_, events = request_import(layout=LAYOUT, file=FILE)
    return lambda: ImportRepository().add(import_, events, request_token="0" * 64)


def remember_a_request_by_its_idempotency_key() -> Call:
    return remembered(IdempotentRequests("imports", operation="imports.request"), {"id": "0" * 36})


def get_an_import() -> Call:
    import_ = added()
    return lambda: ImportRepository().get(import_.import_id)


def get_the_tally_of_an_import() -> Call:
    ImportRepository().add_to_tally(FILE_ID, 0, Tally(chunks=1), rejects=[])
    return lambda: ImportRepository().get_tally(FILE_ID)


def publish_a_chunk() -> Call:
    import_ = added()
    accepted = [Accepted(line, {"email": "ada@example.com"}) for line in range(2, CHUNK_RECORDS)]
    after, events = record_chunk(import_, Chunk(CHECKPOINT, accepted, REJECTS))
    return lambda: ImportRepository().replace(import_, after, events, rejects=REJECTS)


def count_a_written_chunk() -> Call:
    tally = Tally(chunks=1, written=990, rejected=10)
    return lambda: ImportRepository().add_to_tally(FILE_ID, 0, tally, rejects=REJECTS)


def finish_an_import() -> Call:
    import_ = added()
    return lambda: ImportRepository().replace(import_, *finish(import_))


def cancel_an_import() -> Call:
    import_ = added()
    return lambda: ImportRepository().replace(import_, *cancel(import_))


def read_the_rejects_of_fifty_chunks() -> Call:
    return lambda: list(ImportRepository().rejects(FILE_ID, range(50)))


def conclude_an_import() -> Call:
    import_ = added()
    ImportRepository().add_to_tally(import_.import_id, 0, Tally(chunks=1), rejects=[])
    after, events = conclude(import_, tally=Tally(chunks=1), rejects_key=None)
    return lambda: ImportRepository().replace(import_, after, events)


def list_the_imports_of_an_owner() -> Call:
    return lambda: ImportRepository().list_page(restricted_to=FILE.owner, limit=20, after="f" * 36)


def list_all_imports() -> Call:
    return lambda: ImportRepository().list_page(restricted_to=None, limit=20, after="f" * 36)
