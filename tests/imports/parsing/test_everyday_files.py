"""Files as spreadsheets and editors write them are read, or refused once with the likely mistake."""

import pytest

from functions.imports.parsing.reasons import FileRefused, Reason, Refusal
from functions.imports.parsing.rows import Accepted, Checkpoint, Reject, Rows
from tests.imports.files import FakeFile, csv_layout, ndjson_layout, read, read_step_by_step

ANA = {"email": "ana@example.com", "name": "Ana"}
BO = {"email": "bo@example.com", "name": "Bo"}


def rows_of(content: bytes, **options: object) -> list[object]:
    """Return the rows of a file; rejects as they are."""
    layout = csv_layout(**{"mapping": None, **options})
    found = read(content, layout)
    assert read_step_by_step(content, layout, sizes=[3]) == found
    return [one.row if isinstance(one, Accepted) else one for one in found]


def refusal_of(content: bytes, **options: object) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(content, csv_layout(**{"mapping": None, **options}))
    return refused.value


@pytest.mark.parametrize(
    "content",
    [
        "email,name,\nana@example.com,Ana,\nbo@example.com,Bo,\n",
        "email,name,,\nana@example.com,Ana,,\nbo@example.com,Bo,,\n",
        "email,name,\nana@example.com,Ana\nbo@example.com,Bo,,,\n",
        "email,name\nana@example.com,Ana,\nbo@example.com,Bo, \xa0,\n",
        '"email","name",\n"ana@example.com","Ana",""\n"bo@example.com","Bo",\n',
        "email,,name\nana@example.com,,Ana\nbo@example.com,x,Bo\n",
        # The index of a data frame has no name.
        ",email,name\n0,ana@example.com,Ana\n1,bo@example.com,Bo\n",
    ],
)
def test_columns_without_a_name_and_delimiters_at_the_end_are_passed_over(content: str) -> None:
    assert rows_of(content.encode()) == [ANA, BO]


def test_a_value_beyond_the_columns_is_still_too_much() -> None:
    content = b"email,name,\nana@example.com,Ana,,x\nbo@example.com,Bo,\n"

    assert rows_of(content) == [Reject(2, None, Reason.TOO_MANY_FIELDS), BO]


@pytest.mark.parametrize(
    "nothing",
    [
        ",",
        ",,,",
        " , ",
        "  ",
        "\t",
        "\xa0,\xa0",
        "\u200b,\ufeff",
        '"",""',
        '"", ""',
        '" ","\xa0"',
        "\x1a",
        "\ufeff",
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_that_hold_nothing_are_passed_over(nothing: str, line_end: str) -> None:
    lines = ["", nothing, "email,name", "ana@example.com,Ana", nothing, nothing, "bo@example.com,Bo", nothing]

    assert rows_of(line_end.join(lines).encode()) == [ANA, BO]
    assert rows_of(line_end.join(lines).encode("utf-16")) == [ANA, BO]


@pytest.mark.parametrize("last", ["bo@example.com,Bo\x1a", '"bo@example.com","Bo"\x1a', "bo@example.com,Bo\r\n\x1a"])
def test_a_ctrl_z_at_the_end_belongs_to_no_value(last: str) -> None:
    assert rows_of(f"email,name\r\nana@example.com,Ana\r\n{last}".encode()) == [ANA, BO]


def test_files_that_were_joined_have_marks_within() -> None:
    joined = '\ufeff\ufeffemail,name\n\ufeffana@example.com,Ana\x1a\n\ufeff"bo@example.com","Bo"\n'

    assert rows_of(joined.encode()) == [ANA, BO]


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [
        ("sep=;", ";"),
        ("SEP=;", ";"),
        ('"sep=;"', ";"),
        ("\ufeffsep=;", ";"),
        ("sep=;;;", ";"),
        ("sep=\t", "\t"),
        ("sep=,", ","),
        ("sep=|", "|"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_first_line_can_name_the_delimiter(first: str, delimiter: str, encoding: str) -> None:
    records = [("email", "name"), ("ana@example.com", "Ana"), ("bo@example.com", "Bo")]
    content = "\r\n".join([first, *map(delimiter.join, records)]).encode(encoding)

    for named in ",;":
        assert rows_of(content, delimiter=named) == [ANA, BO]


def test_the_named_delimiter_also_applies_without_a_header_and_to_the_next_reader() -> None:
    file = FakeFile(b"sep=;\nana@example.com;Ana\nbo@example.com;Bo\n")
    layout = csv_layout(has_header=False, mapping={"1": "email", "2": "name"})
    rows = Rows(file, layout)

    first = next(iter(rows))
    again = list(Rows(file, layout, Checkpoint.from_json(rows.checkpoint.to_json())))

    assert [first, *again] == [Accepted(2, ANA), Accepted(3, BO)]


def test_a_checkpoint_of_an_older_release_is_read() -> None:
    values = Rows(FakeFile(b"email,name\n"), csv_layout(mapping=None)).checkpoint.to_json()
    del values["columns"]["least"], values["columns"]["delimiter"]

    rows = Rows(FakeFile(b"email,name\na\nana@example.com,Ana\n"), csv_layout(), Checkpoint.from_json(values))

    assert list(rows) == [Reject(2, None, Reason.TOO_FEW_FIELDS), Accepted(3, ANA)]


@pytest.mark.parametrize(
    "header",
    [
        "Email,NAME",
        " email , name ",
        "\xa0email\xa0,\u200bname\u2060",
        '"email", "name"',
        "\uff45\uff4d\uff41\uff49\uff4c,\uff2eame",
        "email\u00ad,\u202aname\u202c",
    ],
)
def test_a_header_in_another_form_is_read(header: str) -> None:
    assert rows_of(f"{header}\nana@example.com,Ana\nbo@example.com,Bo\n".encode()) == [ANA, BO]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("E\xa0mail", "E mail"),
        ("E\u2007mail", "E mail"),
        ("E  mail", "e mail"),
        ("Pre\u0301nom", "Prénom"),
        ("PRÉNOM", "Pre\u0301nom"),
        ("STRASSE", "straße"),
        ("E\u200bmail", "Email"),
    ],
)
def test_a_mapped_column_is_found_in_another_form(header: str, column: str) -> None:
    content = f"{header},Name\nana@example.com,Ana\n".encode()
    member = f'{{"{header}":"ana@example.com","NAME":"Ana"}}\n'.encode()
    mapping = {column: "email", "Name": "name"}

    assert rows_of(content, mapping=mapping) == [ANA]
    assert read(member, ndjson_layout(mapping=mapping)) == [Accepted(1, ANA)]


def test_an_invisible_name_in_the_mapping_is_no_column_without_a_name() -> None:
    refused = refusal_of(b"email,name,\nana@example.com,Ana\n", mapping={"email": "email", "\u200b": "name"})

    assert (refused.refusal, refused.column) == (Refusal.MISSING_COLUMN, "\u200b")


def test_the_very_name_of_the_mapping_is_preferred() -> None:
    content = b"EMAIL,Email,name\nx,ana@example.com,Ana\n"

    assert rows_of(content, mapping={"Email": "email", "name": "name"}) == [ANA]
    assert refusal_of(content).refusal == Refusal.DUPLICATE_COLUMN


@pytest.mark.parametrize("blank", [" ", "  ", ""])
def test_a_blank_before_a_quote_is_no_part_of_a_value(blank: str) -> None:
    content = f'email,name\nana@example.com,{blank}"Ana"\n{blank}"bo@example.com",{blank}"Bo"\n'

    assert rows_of(content.encode()) == [ANA, BO]


@pytest.mark.parametrize(
    "record", ['ana@example.com,\xa0"Ana"', 'ana@example.com,\t"Ana"', '\u200b"a@example.com",Ana']
)
def test_a_quote_that_something_invisible_hides_is_refused(record: str) -> None:
    content = f"email,name\n{record}\nbo@example.com,Bo\n"

    assert rows_of(content.encode()) == [Reject(2, None, Reason.MALFORMED_QUOTES), BO]


def test_quotes_that_belong_to_a_value_stay() -> None:
    content = b'email,name\nana@example.com,"""Ana"""\nbo@example.com,Robert "Bo" B\n'

    assert rows_of(content) == [{**ANA, "name": '"Ana"'}, {**BO, "name": 'Robert "Bo" B'}]


def test_line_ends_may_be_mixed() -> None:
    assert rows_of(b"email,name\r\nana@example.com,Ana\rbo@example.com,Bo\n") == [ANA, BO]


@pytest.mark.parametrize(
    ("content", "options", "number", "words"),
    [
        ("email;name\ng@example.com;Ana\n", {}, 1, ["semicolons", "delimiter", '";"', "email, name, locale, active"]),
        ("email\tname\ng@example.com\tAna\n", {}, 1, ["tabs", "delimiter", "\\t"]),
        ("email|name\n", {}, 1, ["vertical bars", "delimiter"]),
        ("email,name\n", {"delimiter": ";"}, 1, ["commas", "delimiter"]),
        ("email,nickname\n", {}, 2, ["Column 2 of 2", "mapping", "in any case"]),
        ("ana@example.com,Ana\n", {}, 1, ["has_header"]),
        ('{"email":"ana@example.com"}\n', {}, 1, ["JSON", "ndjson"]),
    ],
)
def test_an_unknown_column_is_told_by_its_number_with_the_likely_mistake(
    content: str, options: dict[str, object], number: int, words: list[str]
) -> None:
    refused = refusal_of(content.encode(), **options)

    assert (refused.refusal, refused.number, refused.column) == (Refusal.UNKNOWN_COLUMN, number, None)
    assert all(word in refused.detail for word in words), refused.detail
    assert not any(value in refused.detail for value in ("example.com", "nickname", "Ana")), refused.detail


def test_a_missing_column_also_tells_the_likely_mistake() -> None:
    refused = refusal_of(b"E-mail;Name\n", mapping={"E-mail": "email"})

    assert (refused.refusal, refused.column) == (Refusal.MISSING_COLUMN, "E-mail")
    assert "semicolons" in refused.detail


@pytest.mark.parametrize(
    "content",
    [
        '[{"email":"ana@example.com"}]',
        '[\n  {"email":"ana@example.com"},\n  {"email":"bo@example.com"}\n]\n',
        "[]",
        '{\n  "email": "ana@example.com"\n}\n',
        '\ufeff\n\n [ {"email": "ana@example.com"} ]',
        "email,name\nana@example.com,Ana\n",
    ],
)
def test_what_is_no_ndjson_is_refused_at_its_first_record(content: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content.encode(), ndjson_layout(mapping=None))

    assert refused.value.refusal == Refusal.MALFORMED_HEADER
    assert "one JSON object on each line" in refused.value.detail


def test_an_unknown_member_of_the_first_object_refuses_the_file_once() -> None:
    content = b'{"email": "ana@example.com", "nick": "A"}\n' * 3

    refused = refusal_of(content, format="ndjson")

    assert (refused.refusal, refused.number) == (Refusal.UNKNOWN_COLUMN, 2)
    assert "Known are email, name, locale, active" in refused.detail
    assert "nick" not in refused.detail


def test_objects_that_hold_nothing_are_passed_over() -> None:
    content = b'{}\n{"email": null}\n{"email": "ana@example.com", "name": "Ana"}\n{"name": " "}\n\x1a'

    found = read(content, ndjson_layout(mapping=None))

    assert found == [Accepted(3, ANA)]


def test_members_in_another_case_are_read() -> None:
    content = b'{"EMAIL": "ana@example.com", "Name": "Ana", "Active": false}\n'

    assert read(content, ndjson_layout(mapping=None)) == [Accepted(1, {**ANA, "active": "false"})]


@pytest.mark.parametrize("line", [b"[]", b"{", b"7"])
def test_after_a_first_line_that_cannot_be_read_a_line_costs_only_itself(line: bytes) -> None:
    content = b'{"email":"\xff"}\n' + line + b'\n{"email":"ana@example.com","name":"Ana"}\n'

    found = read(content, ndjson_layout(mapping=None))

    assert found[0] == Reject(1, None, Reason.INVALID_ENCODING)
    assert found[2] == Accepted(3, ANA)
