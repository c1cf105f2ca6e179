"""Users; some were renamed, some deactivated."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from faker import Faker

from operate.deployed.api import Api
from operate.seeds.life import Life

COUNT: Mapping[str, int] = {"small": 200, "large": 1_000}
LOCALES = ["en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "sv_SE", "tr_TR"]

# Letters that Unicode does not decompose into an ASCII letter and a mark; the last one is a dotless i.
_UNDECOMPOSED = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "\u0131": "i"})


def life(number: int) -> Life:
    """Return the life of a user: created, every fourth renamed, every tenth deactivated.

    A number is always the same user with the same address. The address identifies the user when the API has forgotten
    the Idempotency-Key.
    """
    faker = _faker(LOCALES[number % len(LOCALES)])
    faker.seed_instance(number)
    given, family, married = faker.first_name(), faker.last_name(), faker.last_name()
    email = f"{_ascii(given)}.{_ascii(family)}.{number}@example.com"

    def live(api: Api) -> bool:
        created = api.send(
            "POST",
            "/users",
            body={"email": email, "name": f"{given} {family}"},
            headers={"Idempotency-Key": f"seed-{email}"},
            expect={201, 409},
        )
        if created.status == 409:  # noqa: PLR2004 - Conflict: the user already exists
            return False
        at, version = created.headers["Location"], 1
        # 412: an earlier run has made this change, or another caller has changed the user.
        if number % 4 == 0:
            renamed = {"name": f"{given} {married}"}
            api.send("PATCH", at, body=renamed, headers={"If-Match": f'"{version}"'}, expect={200, 412})
            version += 1
        if number % 10 == 0:
            api.send("DELETE", at, headers={"If-Match": f'"{version}"'}, expect={204, 412})
        return "Idempotency-Replayed" not in created.headers

    return live


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)


def _ascii(name: str) -> str:
    """Convert a name to the ASCII letters of an address."""
    letters = unicodedata.normalize("NFKD", name.translate(_UNDECOMPOSED))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).lower()
