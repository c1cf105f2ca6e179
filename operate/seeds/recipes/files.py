"""Uploaded files; some uploads were never finished."""

from collections.abc import Mapping

from faker import Faker

from operate.deployed.api import Api
from operate.seeds.life import Life
from operate.seeds.upload import declare, upload

COUNT: Mapping[str, int] = {"small": 20, "large": 500}


def life(number: int) -> Life:
    """Return the life of a file: its record is created, and its content is uploaded, except for every tenth file.

    Only the Idempotency-Key identifies a file. The API forgets the key after a day; a later run creates new files.
    """
    faker = Faker("en_GB")
    faker.seed_instance(number)
    rows = [f"{faker.date_this_century()},{faker.company()!r},{faker.random_int(10, 9999)}" for _ in range(50)]
    content = "\n".join(["date,customer,amount", *rows, ""]).encode()
    name = f"{faker.bs().replace(' ', '-').replace('/', '-')}-{2000 + number % 26}.csv"

    def live(api: Api) -> bool:
        created = declare(api, name, content, key=f"seed-file-{number}")
        if number % 10:
            upload(api, created, content)
        return "Idempotency-Replayed" not in created.headers

    return live
