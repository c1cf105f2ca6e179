"""Reads the file of an import from an S3 that generates its bytes, in a process of its own.

`python -m tests.bench.reading <rows>` prints its peak memory in KiB and the seconds of the reading.
"""

import io
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from functions.imports.bucket import FilesBucket
from functions.imports.domain import FileVersion, Import, Tally, request_import
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.rows import Reject
from functions.imports.ports import ImportObjects, ImportStore
from functions.imports.reading import ImportReader
from functions.imports.service import ImportService
from functions.shared.messaging.events import Event

HEAD, LINE = b"E-mail,Name\n", b"user%09d@example.com,User %09d\n"
LINE_BYTES = len(LINE % (0, 0))
# No service writes the published chunks here, so the import ends in the state that waits for them.
READ = "writing"


class MadeUpFile:
    """An S3 that generates each requested range of a file with a number of rows."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self.size_bytes = len(HEAD) + rows * LINE_BYTES

    def get_object(self, *, Range: str, **_wanted: str) -> dict[str, Any]:  # noqa: N803 - as S3 has it
        """Return the bytes of a range, as `GetObject` does."""
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        end = min(last + 1, self.size_bytes)
        row = max(first - len(HEAD), 0) // LINE_BYTES
        start = 0 if first < len(HEAD) else len(HEAD) + row * LINE_BYTES
        made = io.BytesIO()
        for piece in self._pieces(start, end):
            made.write(piece)
        return {"Body": io.BytesIO(made.getvalue()[first - start : end - start])}

    def _pieces(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the header if the range starts with it, and the lines up to the end of the range."""
        if start == 0:
            yield HEAD
        first, after = max(start - len(HEAD), 0) // LINE_BYTES, -(-(end - len(HEAD)) // LINE_BYTES)
        for row in range(first, after):
            yield LINE % (row, row)


class OneImport:
    """The part of `ImportStore` that the reader uses; it keeps one import, and no chunks."""

    def __init__(self, import_: Import) -> None:
        self.import_ = import_

    def get(self, _import_id: str) -> Import:
        return self.import_

    def get_tally(self, _import_id: str) -> Tally:
        # No service writes the chunks here.
        return Tally(chunks=-1)

    def replace(
        self, _before: Import, after: Import, _events: Sequence[Event], *, rejects: Sequence[Reject] = ()
    ) -> None:
        assert not rejects
        self.import_ = after


class Discarded:
    """The part of `ImportObjects` that the reader uses; it keeps no object."""

    def write(self, key: str, content: bytes) -> None:
        pass


def read(rows: int) -> Import:
    """Read a file with a number of rows to its end, and return the import."""
    content = MadeUpFile(rows)
    file = FileVersion(
        file_id="f",
        owner="o",
        key="k",
        version_id="v",
        size_bytes=content.size_bytes,
        content_type="text/csv",
    )
    layout = Layout(target="users", format="csv", mapping={"E-mail": "email", "Name": "name"})
    import_, [requested] = request_import(layout=layout, file=file)
    store = OneImport(import_)
    # The memory of fakes that keep everything would count as the reader's.
    imports, objects = cast("ImportStore", store), cast("ImportObjects", Discarded())
    reader = ImportReader(imports, FilesBucket("b", s3=content), objects, ImportService(imports, objects))
    reader.consume(requested)
    return store.import_


def peak_kib() -> int:
    """Return the peak memory of this process."""
    try:
        # Not getrusage(): on Linux its value starts with the peak of the parent process.
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])
    except OSError:
        # macOS counts bytes.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Print the peak memory and the time of reading a number of rows."""
    rows = int(sys.argv[1])
    started = time.perf_counter()
    import_ = read(rows)
    seconds = time.perf_counter() - started
    assert (import_.records, import_.unreadable, import_.status) == (rows, 0, READ), import_
    print(peak_kib(), seconds)  # noqa: T201 - the parent process reads it


if __name__ == "__main__":
    main()
