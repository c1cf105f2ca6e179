"""The state on the disk, which the next start continues from even if this one crashes.

    services/    a file for each service, its keys and the code of functions; MiniStack writes it at a stop
    s3/          the objects; MiniStack writes each at once
    checkpoint/  the last checkpoint: hard links to files of both that belong together
    run.json     whether the last run stopped as it should

MiniStack replaces files and never writes into them, so a hard link keeps the content of its time.
"""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

_SERVICES, _OBJECTS = "services", "s3"


class SavedState:
    """The folder of the state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkpoint = folder / "checkpoint"
        self._new, self._old = folder / "checkpoint.new", folder / "checkpoint.old"
        self._run = folder / "run.json"

    @property
    def crashed(self) -> bool:
        """True if the last run ended without a stop; False if there was none."""
        return self._run.exists() and not json.loads(self._run.read_text(encoding="utf-8"))["stopped"]

    @property
    def saved_at(self) -> datetime | None:
        """The time of the last checkpoint."""
        self._finish_exchange()
        try:
            return datetime.fromisoformat((self._checkpoint / "saved_at").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def prepare(self) -> None:
        """Before MiniStack reads the state: return to the last checkpoint after a crash, otherwise make one."""
        if self.crashed:
            self._restore()
        else:
            self.save(self._folder / _SERVICES, datetime.now(UTC))
        self._note(stopped=False)

    def note_stop(self) -> None:
        """Record that the state is completely written."""
        self._note(stopped=True)

    def begin_checkpoint(self) -> Path:
        """Return an empty folder for the files of the services."""
        shutil.rmtree(self._new, ignore_errors=True)
        services = self._new / _SERVICES
        services.mkdir(parents=True)
        return services

    def save(self, services: Path, at: datetime) -> None:
        """Make the files in `services` and the current objects the checkpoint, at once or not at all."""
        if services.parent != self._new:
            _link_files(services, self.begin_checkpoint())
        _link_tree(self._folder / _OBJECTS, self._new / _OBJECTS)
        (self._new / "saved_at").write_text(at.isoformat(), encoding="utf-8")
        shutil.rmtree(self._old, ignore_errors=True)
        if self._checkpoint.exists():
            self._checkpoint.rename(self._old)
        self._new.rename(self._checkpoint)
        shutil.rmtree(self._old, ignore_errors=True)

    def _finish_exchange(self) -> None:
        """If a checkpoint was interrupted between its two renames, take the one before it."""
        if self._old.exists() and not self._checkpoint.exists():
            self._old.rename(self._checkpoint)

    def _restore(self) -> None:
        self._finish_exchange()
        for file in (self._folder / _SERVICES).glob("*.json"):
            file.unlink()
        shutil.rmtree(self._folder / _OBJECTS, ignore_errors=True)
        _link_files(self._checkpoint / _SERVICES, self._folder / _SERVICES)
        _link_tree(self._checkpoint / _OBJECTS, self._folder / _OBJECTS)

    def _note(self, *, stopped: bool) -> None:
        new = self._run.with_suffix(".new")
        new.write_text(json.dumps({"stopped": stopped}), encoding="utf-8")
        new.replace(self._run)


def _link_files(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.json"):
        (target / file.name).hardlink_to(file)


def _link_tree(source: Path, target: Path) -> None:
    """Repeat the folders with links to their files; a file that is deleted meanwhile is left out."""
    target.mkdir(parents=True, exist_ok=True)
    for folder, _, files in os.walk(source):
        copied = target / Path(folder).relative_to(source)
        copied.mkdir(exist_ok=True)
        for name in files:
            try:
                (copied / name).hardlink_to(Path(folder, name))
            except FileNotFoundError:
                continue
