import time
from uuid import UUID

import pytest

from functions.shared.identifiers import is_id, is_part_of, new_id, part_id
from tests.waiting import eventually


def test_an_id_is_a_uuid_of_version_seven_of_this_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    earlier = new_id()
    # Ids of the same millisecond are in no order.
    later = eventually(lambda: made if (made := new_id())[:13] != earlier[:13] else "", every_s=0.001)

    assert earlier < later


@pytest.mark.parametrize(
    "text", ["", "x", "{01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10}", "01938B2E7C4A7D3F9A514F0C2B6D8E10"]
)
def test_only_the_form_that_is_made_here_is_an_id(text: str) -> None:
    assert is_id(new_id())
    assert not is_id(text)


def test_the_parts_of_a_whole_have_ids_of_their_own_that_sort_by_number() -> None:
    whole = new_id()

    parts = [part_id(whole, number) for number in (0, 1, 2, 1_048_575, 1_048_576, 2**32 - 1)]

    assert parts == sorted(set(parts))
    assert parts == [part_id(whole, number) for number in (0, 1, 2, 1_048_575, 1_048_576, 2**32 - 1)]
    for part in parts:
        assert is_id(part)
        assert (UUID(part).version, part[:13]) == (7, whole[:13])


def test_a_part_is_known_by_its_whole_alone() -> None:
    whole, other = new_id(), new_id()

    assert is_part_of(whole, part_id(whole, 7))
    assert not is_part_of(other, part_id(whole, 7))
    assert not is_part_of(whole, new_id())
