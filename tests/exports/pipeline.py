"""All of an export in memory, its source included: events are delivered in any order, some of them twice."""

from collections.abc import Callable

from functions.exports.domain import Export
from functions.exports.joining import Joining
from functions.exports.recording import Recording
from functions.exports.service import ExportService
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.exports.fakes import FakeExportStore, FakeObjects
from tests.tools.contracts.published import check_event


class Crash(Exception):
    """The process ends here."""


class Pipeline:
    """Exports a source of numbered lines; `lines_of_part` says how many a part has each time that one is written."""

    def __init__(self, lines: int, *, lines_of_part: Callable[[], int] = lambda: 10) -> None:
        self.store, self.objects = FakeExportStore(), FakeObjects()
        self.service = ExportService(self.store, self.objects)
        self._recording = Recording(self.store, self.objects)
        self._joining = Joining(self.store, self.objects)
        self._lines = lines
        self._lines_of_part = lines_of_part
        self._sent = 0
        # A source that stops right at its end does not know that it is: the last part is empty then.
        self._ends = True
        self.waiting: list[Event | NewObject] = []

    def request(self, *, restricted_to: str | None = None) -> Export:
        export = self.service.request("users", owner="ada", restricted_to=restricted_to)
        self.carry()
        return export

    def carry(self) -> None:
        """Bring the events of the outbox to whoever consumes them."""
        for event in self.store.events[self._sent :]:
            check_event(event)
            self.waiting.append(event)
        self._sent = len(self.store.events)

    def deliver(self, place: int = 0, *, again: bool = False) -> None:
        """Deliver one of what waits; it stays where its consumer crashes or where it is to come again."""
        place %= len(self.waiting)
        message = self.waiting[place]
        if not again:
            del self.waiting[place]
        try:
            self._take(message)
        except AlreadySeen:
            pass
        except (Crash, KeyError):
            # A part that is gone by now is looked for again, as in S3.
            if not again:
                self.waiting.append(message)
        self.carry()

    def run(self) -> None:
        """Deliver everything, in its order."""
        for _ in range(1000):
            if not self.waiting:
                return
            self.deliver()
        raise AssertionError(f"It goes on for ever: {self.waiting}")

    def get(self, export: Export) -> Export:
        return self.store.get(export.export_id)

    def age(self, export: Export, *, by: Callable[[Export], Export]) -> None:
        """Let time pass for an export."""
        self.store.exports[export.export_id] = by(self.get(export))

    def joined(self, export: Export) -> list[bytes] | None:
        """Return the lines of what can be downloaded."""
        found = self.objects.objects.get(f"exports/{export.export_id}.ndjson")
        return found and found[0].splitlines()

    def parts(self) -> list[str]:
        """Name the parts that there are."""
        return [key for key in self.objects.objects if key.startswith("parts/")]

    def _take(self, message: Event | NewObject) -> None:
        if isinstance(message, NewObject):
            self._recording.record(message)
        elif message.type == "ExportPartRequested.v1":
            self._write(message)
        else:
            self._joining.go_on(message)

    def _write(self, event: Event) -> None:
        first = int(event.data["position"] or 0)
        last = min(first + self._lines_of_part(), self._lines)
        end = {"is-last": "true"} if last == self._lines and self._ends else {"next-position": str(last)}
        content = b"".join(b"%d\n" % number for number in range(first, last))
        self.objects.put(event.data["key"], content, {"rows": str(last - first), **end})
        self.waiting.append(NewObject(key=event.data["key"], object_version="v"))
        self._ends = True

    def stop_right_at_the_end(self) -> None:
        """Let the next part not know that it is the last."""
        self._ends = False
