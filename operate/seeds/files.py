"""Files that were uploaded: lists of the year, some of which nobody finished to upload."""

import hashlib
from collections.abc import Mapping

from faker import Faker

from operate.api import Api
from operate.errors import OperateError
from operate.seed_life import Life

COUNT: Mapping[str, int] = {"small": 20, "large": 500}
# S3 answers an upload so: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
UPLOADED = frozenset({200, 201, 204})


def life(number: int) -> Life:
    """Return the life of a file: created and, but for every tenth, uploaded.

    A file has nothing but its Idempotency-Key to be known by: a run after the API has forgotten that, in a day, makes
    new files.
    """
    faker = Faker("en_GB")
    faker.seed_instance(number)
    rows = [f"{faker.date_this_century()},{faker.company()!r},{faker.random_int(10, 9999)}" for _ in range(50)]
    content = "\n".join(["date,customer,amount", *rows, ""]).encode()
    name = f"{faker.bs().replace(' ', '-').replace('/', '-')}-{2000 + number % 26}.csv"

    def live(api: Api) -> bool:
        body = {
            "name": name,
            "content_type": "text/csv",
            "size_bytes": len(content),
            "checksum_sha256": hashlib.sha256(content).hexdigest(),
        }
        created = api.send(
            "POST", "/files", body=body, headers={"Idempotency-Key": f"seed-file-{number}"}, expect={201}
        )
        form = created.content["upload"]
        # There is a form as long as the file waits for its upload; the same content again is the same file.
        if form and number % 10:
            status = api.upload(form["url"], {**form["fields"], "file": (name, content, "text/csv")})
            if status not in UPLOADED:
                raise OperateError(f"The upload of {name} was answered {status} by the storage.")
        return "Idempotency-Replayed" not in created.headers

    return live
