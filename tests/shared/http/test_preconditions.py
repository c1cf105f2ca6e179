import pytest

from functions.shared.errors import InvalidHeader, PreconditionRequired
from functions.shared.http.preconditions import entity_tag, is_unchanged, required_versions_in, versions_in


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"3"', {3}),
        ('"1", "2"', {1, 2}),
        (' "1" ,"2" ', {1, 2}),
        ('"3-gzip"', {3}),
        ('"3-br"', set()),
        ('W/"3"', set()),
        ('W/"3", "4"', {4}),
        ('"of-another-service"', set()),
        ('"³"', set()),
        ('""', set()),
        ('"03"', set()),
        (f'"{"9" * 5000}"', set()),
    ],
)
def test_if_match_names_versions(header: str, versions: set[int]) -> None:
    assert versions_in(header) == frozenset(versions)


@pytest.mark.parametrize("header", ["*", " * "])
def test_a_star_fits_any_version(header: str) -> None:
    assert versions_in(header) is None


@pytest.mark.parametrize("header", ["3", "", '"3', '"3" "4"', '"3",', "*, *"])
def test_what_is_no_list_of_entity_tags_is_malformed(header: str) -> None:
    with pytest.raises(InvalidHeader):
        versions_in(header)


def test_a_required_precondition_must_be_there() -> None:
    with pytest.raises(PreconditionRequired):
        required_versions_in(None)


def test_an_entity_tag_names_the_version_it_was_made_of() -> None:
    assert versions_in(entity_tag(7)) == frozenset({7})


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [
        (None, False),
        ('"3"', True),
        ('W/"3"', True),
        ('"2", "3-gzip"', True),
        ("*", True),
        ('"2"', False),
        ('"2-gzip"', False),
        ("3", False),
    ],
)
def test_if_none_match_compares_weakly(header: str | None, unchanged: bool) -> None:
    assert is_unchanged(header, version=3) is unchanged
