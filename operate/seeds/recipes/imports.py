"""Imports of people. Of every three files, one is correct, one has invalid rows, and one lacks a mapped column.

The first files contain the people of an office, the others those of a company: most users come from these.
"""

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from faker import Faker

from operate.deployed.api import Answer, Api
from operate.errors import OperateError
from operate.seeds.life import Life
from operate.seeds.upload import declare, upload

COUNT: Mapping[str, int] = {"small": 3, "large": 12}
OFFICES = 3
ROWS_OF_OFFICE = 120
ROWS_OF_COMPANY = 2_000
ENDED = frozenset({"completed", "failed", "cancelled"})
WITHIN_S = 300.0
_LOOK_EVERY_S = 0.5


def life(number: int) -> Life:
    """Return the life of an import until it ends. Of every three, the second rejects rows, and the third fails.

    The API forgets the Idempotency-Keys after a day. A later run imports the same people again, and every row is
    rejected, since its address is taken.
    """
    faker = Faker("en_GB")
    faker.seed_instance(number)
    # The third file lacks the column "E-mail", which the mapping requires.
    header = ("Name", "Department") if number % 3 == 2 else ("Name", "E-mail")  # noqa: PLR2004 - the third of three
    written = io.StringIO(newline="")
    csv.writer(written).writerows([header, *_people(faker, number)])
    content = written.getvalue().encode()
    name = f"{faker.city().lower().replace(' ', '-')}-{'office' if number < OFFICES else 'staff'}.csv"

    def live(api: Api) -> bool:
        created = declare(api, name, content, key=f"seed-import-file-{number}")
        upload(api, created, content)
        accepted = _request(api, created.content["id"], key=f"seed-import-{number}")
        _await_end(api, accepted.headers["Location"])
        return "Idempotency-Replayed" not in accepted.headers

    return live


def _people(faker: Faker, number: int) -> Iterator[Sequence[str]]:
    for row in range(ROWS_OF_OFFICE if number < OFFICES else ROWS_OF_COMPANY):
        given, family = faker.first_name(), faker.last_name()
        email = f"{given}.{family}.{number}.{row}@example.org".lower()
        if number % 3 == 1 and row % 20 == 7:  # noqa: PLR2004 - some of them
            # A note instead of an address.
            email = "on leave"
        yield f"{given} {family}", email


def _request(api: Api, file_id: str, *, key: str) -> Answer:
    """Request the import, and retry until the file is inspected."""
    body = {"file_id": file_id, "target": "users", "mapping": {"E-mail": "email", "Name": "name"}}
    deadline = time.monotonic() + WITHIN_S
    while True:
        answer = api.send("POST", "/imports", body=body, headers={"Idempotency-Key": key}, expect={202, 404})
        if answer.status == HTTPStatus.ACCEPTED:
            return answer
        if time.monotonic() > deadline:
            raise OperateError(f"The file {file_id} was not available within {WITHIN_S:.0f} s.")
        time.sleep(_LOOK_EVERY_S)


def _await_end(api: Api, location: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while api.send("GET", location, expect={200}).content["status"] not in ENDED:
        if time.monotonic() > deadline:
            raise OperateError(f"{location} did not end within {WITHIN_S:.0f} s.")
        time.sleep(_LOOK_EVERY_S)
