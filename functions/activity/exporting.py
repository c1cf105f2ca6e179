"""The lines of an export of activity, as in `GET /activity`: subject by subject, and oldest first within a subject."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.activity.ports import AllEntries
from functions.activity.schemas import EntryAnswer
from functions.shared.exporting import Line, PartRequest
from functions.shared.messaging.dead_letters import Refused


@dataclass(frozen=True, slots=True)
class EntryLines:
    """Returns entries as lines."""

    store: AllEntries

    def read(self, part: PartRequest) -> Iterator[Line]:
        """Return all entries after a position.

        Raises:
            Refused: The request is limited to a subject's own data, but activity has no owner.
        """
        if part.restricted_to is not None:
            raise Refused("Activity has no owner, so it can only be exported as a whole.")
        # Subjects and positions contain no space: see the envelope of events.
        subject, _, position = (part.position or "").partition(" ")
        for entry in self.store.read_all(after=(subject, position) if part.position else None):
            text = EntryAnswer.of(entry).model_dump_json() if entry.time <= part.until else None
            yield Line(text, f"{entry.subject} {entry.position}")
