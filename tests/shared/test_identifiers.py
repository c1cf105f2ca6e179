import time
from uuid import UUID

import pytest

from functions.shared.identifiers import is_id, new_id


def test_an_id_is_a_uuid_of_version_seven_of_this_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    earlier = new_id()
    time.sleep(0.002)

    assert earlier < new_id()


@pytest.mark.parametrize(
    "text", ["", "x", "{01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10}", "01938B2E7C4A7D3F9A514F0C2B6D8E10"]
)
def test_only_the_form_that_is_made_here_is_an_id(text: str) -> None:
    assert is_id(new_id())
    assert not is_id(text)
