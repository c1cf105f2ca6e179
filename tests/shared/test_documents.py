from dataclasses import dataclass

from functions.shared.documents import known_values, over


@dataclass(frozen=True)
class Counts:
    written: int = 0
    rejected: int = 0


def test_a_key_of_a_newer_release_is_passed_over() -> None:
    assert known_values(Counts, {"written": 2, "retried": 1}) == {"written": 2}


def test_a_document_keeps_the_keys_of_a_newer_release_at_any_depth() -> None:
    stored = {"status": "new", "counts": {"written": 1, "retried": 1}, "added": [1]}

    assert over(stored, {"status": "old", "counts": {"written": 2}}) == {
        "status": "old",
        "counts": {"written": 2, "retried": 1},
        "added": [1],
    }


def test_a_value_that_is_no_object_is_replaced() -> None:
    assert over({"counts": {"written": 1}, "tags": ["a", "b"]}, {"counts": None, "tags": ["c"]}) == {
        "counts": None,
        "tags": ["c"],
    }
    assert over({"counts": None}, {"counts": {"written": 1}}) == {"counts": {"written": 1}}
