"""The cost of an HTTP function in instructions, beside apps that people would write instead, built in the same run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from cdk.bundles.bundle_dependencies import compile_packages
from cdk.bundles.wheels import install_wheels
from tests.bench.bundles import ROOT
from tests.bench.figures import Figure
from tests.bench.instructions import Handler, can_count, event_of
from tests.bench.stand_in_aws import USER_ID, stand_in_aws
from tests.tokens import admin

API, EMPTY = "functions.users.lambdas.api", "functions.empty.api"
IMPORT, FIRST, RESTORED, WARM = "import", "import to first answer", "first answer, restored", "warm request"


def function_figures(users: Path, empty: Path, folder: Path) -> Iterator[Figure]:
    """Count the start, the first answer and a warm request of the unpacked bundles of users and of the empty app.

    The first answer checks a token and reads an item, over TLS. The other apps have the same packages as users, whole,
    and bytecode of the same kind.
    """
    bounds = {IMPORT: 0.80, FIRST: 1.0, RESTORED: 60.0, WARM: 1.25}
    if not can_count():
        for name, bound in bounds.items():
            yield Figure(name=name, value=None, unit="", bound=bound, note="not measured: install valgrind")
        return
    others = _others(folder / "others")
    with stand_in_aws(folder / "aws") as variables:
        event = event_of(f"/users/{USER_ID}", token=admin())
        ours = Handler(folder=users, module=API, event=event, variables=variables)
        typical = Handler(folder=others, module="typical_app", event=event, variables=variables)
        resolver = Handler(folder=others, module="resolver_app", event=event, variables=variables)
        health = Handler(folder=users, module=API, event=event_of("/users/health"), variables=variables)
        plain = Handler(folder=empty, module=EMPTY, event=event_of("/empty/health"), variables=variables)
        yield _ratio(IMPORT, bounds[IMPORT], ours.start(), "empty FastAPI + Mangum app", plain.start())
        first = ours.start(requests=1)
        yield _ratio(FIRST, bounds[FIRST], first, "Powertools resolver", resolver.start(requests=1))
        yield _ratio(FIRST, None, first, "typical FastAPI app", typical.start(requests=1))
        restored = ours.start(requests=1, snapshot=True) - ours.start(snapshot=True)
        note = "with token check and DynamoDB, after prepare()"
        yield Figure(name=RESTORED, value=restored / 1e6, unit="M", bound=bounds[RESTORED], note=note)
        yield _ratio(WARM, bounds[WARM], health.warm_request(), "empty app", plain.warm_request())


def _ratio(name: str, bound: float | None, count: int, other: str, others_count: int) -> Figure:
    note = f"{count / 1e6:,.2f} M against {others_count / 1e6:,.2f} M of the {other}"
    return Figure(name=f"{name}, instructions", value=count / others_count, unit="×", bound=bound, note=note)


def _others(folder: Path) -> Path:
    """Install the packages of users as they are, with the other apps beside them."""
    folder.mkdir()
    install_wheels(ROOT / "functions" / "users" / "requirements.txt", folder, architecture="host")
    for app in ("typical_app.py", "resolver_app.py"):
        shutil.copy(Path(__file__).with_name(app), folder)
    compile_packages(folder)
    return folder
