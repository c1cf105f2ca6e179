"""The versions that a drill ships, from `versions.toml`, and their changes of a checkout."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from local.drill.load import LOADS

FILE = Path(__file__).with_name("versions.toml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Part):
    """The replacement of a text that a file of the checkout has exactly once."""

    file: Path
    find: str
    put: str

    def apply(self, checkout: Path) -> None:
        """Change the file.

        Raises:
            ValueError: The file has the text not at all, or more than once.
        """
        path = checkout / self.file
        before = path.read_text("utf-8")
        if (count := before.count(self.find)) != 1:
            raise ValueError(f"{self.file} has {count} times, not once: {self.find}")
        path.write_text(before.replace(self.find, self.put.removeprefix("\n")), "utf-8")


class Version(_Part):
    """A version of a service.

    Attributes:
        title: What it does, for the table.
        service: The service that is released.
        passes: Whether its release must pass; otherwise it must be taken back.
        loads: The loads under which it is shipped.
        changes: Its changes of the sources.
        after: The name of a bad version that serves before it.
        unrelated_alarm: Whether an alarm that is none of the service's fires meanwhile.
    """

    title: str
    service: str
    passes: bool
    loads: tuple[str, ...] = tuple(LOADS)
    changes: tuple[Change, ...] = ()
    after: str | None = None
    unrelated_alarm: bool = False

    def and_also(self, *changes: Change) -> Self:
        """Return the version with further changes."""
        return self.model_copy(update={"changes": (*self.changes, *changes)})


def read_versions() -> Mapping[str, Version]:
    """Read the versions, by name."""
    return {name: Version.model_validate(each) for name, each in tomllib.loads(FILE.read_text("utf-8")).items()}


@contextmanager
def changed(checkout: Path, version: Version) -> Iterator[None]:
    """Let a checkout have the sources of a version for the block.

    Each time they differ from all before, so that CloudFormation publishes them again.
    """
    unique = Path("functions", version.service, "__init__.py")
    touched = {unique, *(change.file for change in version.changes)}
    before = {file: (checkout / file).read_bytes() for file in touched}
    try:
        for change in version.changes:
            change.apply(checkout)
        with (checkout / unique).open("a", encoding="utf-8") as appended:
            appended.write(f"# Version {uuid4()} of a drill.\n")
        yield
    finally:
        for file, content in before.items():
            (checkout / file).write_bytes(content)
