"""A whole export in memory, including its source: events are delivered in any order, and more than once."""

from collections.abc import Callable

from functions.exports.domain import Export
from functions.exports.joining import PartJoiner
from functions.exports.recording import PartRecorder
from functions.exports.service import ExportService
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.exports.fakes import FakeExportObjects, FakeExportStore
from tests.tools.contracts.published import check_event


class Crash(Exception):
    """The process ends here."""


class Pipeline:
    """An export of numbered lines; each written part has `lines_of_part()` of them."""

    def __init__(self, lines: int, *, lines_of_part: Callable[[], int] = lambda: 10) -> None:
        self.store, self.objects = FakeExportStore(), FakeExportObjects()
        self.service = ExportService(self.store, self.objects)
        self._recorder = PartRecorder(self.store, self.objects)
        self._joiner = PartJoiner(self.store, self.objects)
        self._lines = lines
        self._lines_of_part = lines_of_part
        self._sent = 0
        # A source that stops exactly at its end does not know that it is the end: the next part is empty.
        self._ends = True
        self.waiting: list[Event | NewObject] = []

    def request(self, *, restricted_to: str | None = None) -> Export:
        export = self.service.request("users", owner="ada", restricted_to=restricted_to)
        self.carry()
        return export

    def carry(self) -> None:
        """Move the events of the outbox to the queue of their consumers."""
        for event in self.store.events[self._sent :]:
            check_event(event)
            self.waiting.append(event)
        self._sent = len(self.store.events)

    def deliver(self, place: int = 0, *, again: bool = False) -> None:
        """Deliver one of the waiting messages; it stays in the queue if its consumer crashes, or with `again`."""
        place %= len(self.waiting)
        message = self.waiting[place]
        if not again:
            del self.waiting[place]
        try:
            self._take(message)
        except AlreadySeen:
            pass
        except (Crash, KeyError):
            # KeyError: the part was removed; S3 would answer an error, too, and the message would be retried.
            if not again:
                self.waiting.append(message)
        self.carry()

    def run(self) -> None:
        """Deliver all messages in order."""
        for _ in range(1000):
            if not self.waiting:
                return
            self.deliver()
        raise AssertionError(f"The export never ends: {self.waiting}")

    def get(self, export: Export) -> Export:
        return self.store.get(export.export_id)

    def age(self, export: Export, *, by: Callable[[Export], Export]) -> None:
        """Replace an export by an older one."""
        self.store.exports[export.export_id] = by(self.get(export))

    def joined(self, export: Export) -> list[bytes] | None:
        """Return the lines of the joined export."""
        found = self.objects.objects.get(f"exports/{export.export_id}.ndjson")
        return found and found[0].splitlines()

    def parts(self) -> list[str]:
        """Return the keys of the parts."""
        return [key for key in self.objects.objects if key.startswith("parts/")]

    def _take(self, message: Event | NewObject) -> None:
        if isinstance(message, NewObject):
            self._recorder.record(message)
        elif message.type == "ExportPartRequested.v1":
            self._write(message)
        else:
            self._joiner.consume(message)

    def _write(self, event: Event) -> None:
        first = int(event.data["position"] or 0)
        last = min(first + self._lines_of_part(), self._lines)
        end = {"is-last": "true"} if last == self._lines and self._ends else {"next-position": str(last)}
        content = b"".join(b"%d\n" % number for number in range(first, last))
        self.objects.put(event.data["key"], content, {"rows": str(last - first), **end})
        self.waiting.append(NewObject(key=event.data["key"], object_version="v"))
        self._ends = True

    def stop_right_at_the_end(self) -> None:
        """Write the next part without the mark of the last one."""
        self._ends = False
