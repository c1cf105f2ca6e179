"""The command `drill`: which versions under which loads, on a platform that it starts and wipes."""

import json
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace

from local import down
from local.drill import table
from local.drill.checkout import copy_of_checkout
from local.drill.drill import Drill
from local.drill.load import LOADS
from local.drill.versions import Version, read_versions
from local.errors import PlatformError
from local.exclusive import drilling, exclusive
from local.ports import PORTS
from local.progress import Progress
from local.settings import CHECKOUT, Settings
from local.up import Platform

HOME = "release-drill"
type Shipment = tuple[str, Version, str]


def run(progress: Progress, *, only: str, load: str, minute_s: float, as_json: bool) -> bool:
    """Ship the versions; return True if each release ended as it must.

    Raises:
        PlatformError: A version or a load does not exist, or the platform does not start.
    """
    versions = read_versions()
    shipments = chosen(versions, only=only, load=load)
    titles = [version.title for version in versions.values()]
    rows = []
    with _platform(progress) as settings:
        drill = Drill(settings=settings, minute_s=minute_s)
        for name, version, under in shipments:
            row = drill.ship(name, version, load=under)
            rows.append(row)
            progress.say(json.dumps(asdict(row)) if as_json else table.line_of(row))
            table.write([row], CHECKOUT, titles=titles)
    if not as_json:
        progress.console.print(table.table_of(rows))
    return not any(row.faults for row in rows)


def chosen(versions: Mapping[str, Version], *, only: str, load: str) -> Sequence[Shipment]:
    """Return the versions to ship, each with the name of a load.

    Args:
        versions: All, by name.
        only: Names with commas between them; all if empty.
        load: As `only`.

    Raises:
        PlatformError: A name does not exist, or no version is shipped under the load.
    """
    names, loads = _known("version", only, versions), _known("load", load, LOADS)
    found = [(name, versions[name], each) for name in names for each in loads if each in versions[name].loads]
    if not found:
        raise PlatformError(f"{only} is not shipped under the load {load}.")
    return found


def _known(kind: str, given: str, known: Mapping[str, object]) -> Sequence[str]:
    names = list(dict.fromkeys(name.strip() for name in given.split(","))) if given else list(known)
    if unknown := [name for name in names if name not in known]:
        raise PlatformError(f"There is no {kind} '{unknown[0]}'. The {kind}s are: {', '.join(known)}")
    return names


@contextmanager
def _platform(progress: Progress) -> Iterator[Settings]:
    """Start a platform from a copy of the checkout; stop and wipe it at the end."""
    shared = CHECKOUT / ".local"
    home = shared / HOME
    copy = home / "checkout"
    with drilling(Settings.read({"PLATFORM_HOME": str(shared)})):
        settings = replace(Settings.read({"PLATFORM_HOME": str(home), **_free_ports()}), checkout=copy)
        try:
            _remove(settings, progress)
            with exclusive(settings):
                copy_of_checkout(copy)
                if not Platform(settings, progress).up():
                    raise PlatformError("A function of the drill's platform does not start.")
            # A release takes the lock itself.
            yield settings
        finally:
            _remove(settings, progress)


def _remove(settings: Settings, progress: Progress) -> None:
    with exclusive(settings):
        down.stop(settings, progress, keep=False)
        down.wipe(settings, progress)
        shutil.rmtree(settings.checkout, ignore_errors=True)


def _free_ports() -> Mapping[str, str]:
    """Return a free port for each part, by its variable."""
    with ExitStack() as sockets:
        found = [sockets.enter_context(socket.socket()) for _ in PORTS]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return {port.variable: str(each.getsockname()[1]) for port, each in zip(PORTS.values(), found, strict=True)}
