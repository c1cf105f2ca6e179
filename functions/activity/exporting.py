"""The lines of an export of activity: each as `GET /activity` lists it, those of a subject together, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.activity.ports import AllEntries
from functions.activity.schemas import EntryAnswer
from functions.shared.exporting import Line, PartRequest
from functions.shared.messaging.dead_letters import Refused


@dataclass(frozen=True, slots=True)
class EntryLines:
    """Reads entries as lines."""

    store: AllEntries

    def read(self, wanted: PartRequest) -> Iterator[Line]:
        """Read all entries after a position.

        Raises:
            Refused: Only what is a subject's is wanted, and nobody owns activity.
        """
        if wanted.restricted_to is not None:
            raise Refused("Nobody owns activity, so that no part of it can be exported.")
        # Neither has a space in it: see the envelope of events.
        subject, _, position = (wanted.position or "").partition(" ")
        for entry in self.store.read_all(after=(subject, position) if wanted.position else None):
            text = EntryAnswer.of(entry).model_dump_json() if entry.time <= wanted.until else None
            yield Line(text, f"{entry.subject} {entry.position}")
