"""The header `Idempotency-Key` of a route; `idempotency.py`, which needs no FastAPI, remembers its requests."""

from typing import Annotated

from fastapi import Header

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Makes a retry safe: within 24 hours, the same key with the same body gets the first answer again, "
        "with `Idempotency-Replayed: true`.",
    ),
]
