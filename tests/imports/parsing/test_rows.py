"""Rows are those that Python's own readers find, whatever the block sizes, and wherever reading is resumed."""

import codecs
import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.imports.parsing.encoding_labels import codec_of
from functions.imports.parsing.lines import LINE_CHARACTERS
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal
from functions.imports.parsing.rows import BEGINS_WITHIN_BYTES, Accepted, Reject
from functions.shared.text import INVISIBLE
from tests.imports.files import csv_layout, ndjson_layout, read, read_resuming, read_step_by_step

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)
AFTER = st.lists(st.integers(0, 4), max_size=4)
# The names by which Python and requests know the same encoding.
NAMED = ("windows-1252", "windows-1250", "iso-8859-15", "shift_jis", "euc-jp", "gb18030", "big5", "cp950", "euc-kr")
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", *NAMED])
# Characters that are special in CSV or in encodings, more often than by chance.
TRICKY = st.text(
    st.sampled_from('ab"",\n\r \x0b\x85\u2028\xe9') | st.characters(exclude_categories=["Cs"]), max_size=12
)
CHAOS = st.text(st.sampled_from('ab",\n\r\0 \xe9\U0001f600'), max_size=60)
MARKS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def encoded(text: str, encoding: str) -> tuple[bytes, str]:
    """Encode a file, with a byte order mark if the encoding has one; return the bytes and the encoding to request."""
    if encoding in NAMED:
        return text.encode(codec_of(encoding), "replace"), encoding
    return MARKS.get(encoding, b"") + text.encode(encoding.removesuffix("-sig")), "auto"


@settings(deadline=None)
@given(
    records=st.lists(st.tuples(TRICKY, TRICKY), max_size=8),
    encoding=ENCODINGS,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    sizes=SIZES,
    after=AFTER,
)
def test_rows_written_by_the_csv_module_are_read_as_the_csv_module_reads_them(  # noqa: PLR0913, PLR0917 - hypothesis gives them
    records: list[tuple[str, str]], encoding: str, line_end: str, delimiter: str, sizes: list[int], after: list[int]
) -> None:
    records = [(readable(left), readable(right)) for left, right in records]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows([("e", "n"), *records])
    content, named = encoded(written.getvalue(), encoding)
    text = content.decode(codec_of(named)) if named in NAMED else written.getvalue()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    expected, begins = [], 0
    for fields in reader:
        if begins and any(value.strip(INVISIBLE) for value in fields):
            row = {name: value for name, value in zip(("email", "name"), fields, strict=True) if value.strip()}
            expected.append(Accepted(begins + 1, row))
        begins = reader.line_num
    layout = csv_layout(encoding=named, delimiter=delimiter)

    assert without_spaces(read(content, layout, sizes=sizes)) == without_spaces(expected)
    assert without_spaces(read_resuming(content, layout, sizes=sizes, after=after)) == without_spaces(expected)


def readable(value: str) -> str:
    """Return a value without what the reader refuses or trims by design: NUL, marks, a quote after invisible ones."""
    value = value.translate(dict.fromkeys(map(ord, "\0\x1a\ufeff")))
    return value.lstrip(INVISIBLE) if value.lstrip(INVISIBLE).startswith('"') else value


def without_spaces(rows: Sequence[object]) -> list[object]:
    """Return rows without the spaces before values, which the reader skips only in lines with quotes."""
    return [
        Accepted(one.line, {field: value.lstrip(" ") for field, value in one.row.items()})
        if isinstance(one, Accepted)
        else one
        for one in rows
    ]


@settings(deadline=None)
@example(text="", garbage=b"\x00\xd8\x00", encoding="utf-16-le", sizes=[1], after=[1])
@given(text=CHAOS, garbage=st.binary(max_size=6), encoding=ENCODINGS, sizes=SIZES, after=AFTER)
def test_any_bytes_are_read_alike_whatever_the_blocks_and_wherever_resumed(
    text: str, garbage: bytes, encoding: str, sizes: list[int], after: list[int]
) -> None:
    head, named = encoded("e,n\n", encoding)
    middle = len(text) // 2
    codec = codec_of(encoding) if encoding in NAMED else encoding.removesuffix("-sig")
    content = head + text[:middle].encode(codec, "replace") + garbage + text[middle:].encode(codec, "replace")
    layout = csv_layout(encoding=named)

    whole = read(content, layout)

    assert read(content, layout, sizes=sizes) == whole
    assert read_resuming(content, layout, sizes=sizes, after=after) == whole
    assert [one.line for one in whole] == sorted({one.line for one in whole})


@settings(deadline=None)
@given(
    objects=st.lists(
        st.dictionaries(st.sampled_from(["e", "n", "x"]), TRICKY.filter(lambda text: "\0" not in text)), max_size=8
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le"]),
    sizes=SIZES,
    after=AFTER,
)
def test_ndjson_is_read_as_the_json_module_reads_each_line(
    objects: list[dict[str, str]], encoding: str, sizes: list[int], after: list[int]
) -> None:
    content, _ = encoded("".join(f"{json.dumps(one, ensure_ascii=False)}\r\n" for one in objects), encoding)
    fields = {"e": "email", "n": "name"}
    expected = [
        Accepted(line, {fields[name]: value for name, value in one.items() if name in fields})
        for line, one in enumerate(objects, start=1)
        if any(value.strip(INVISIBLE) for value in one.values())
    ]
    if not objects and not content:
        return

    assert read(content, ndjson_layout(), sizes=sizes) == expected
    assert read_resuming(content, ndjson_layout(), sizes=sizes, after=after) == expected


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"only", Reason.TOO_FEW_FIELDS),
        (b"a,b,c", Reason.TOO_MANY_FIELDS),
        (b'"a"b,c', Reason.MALFORMED_QUOTES),
        (b'"a,b', Reason.UNTERMINATED_QUOTE),
        (b"a\0,b", Reason.NUL_CHARACTER),
        (b'"a\0",b', Reason.NUL_CHARACTER),
        (b"\xff\xfe,b", Reason.INVALID_ENCODING),
        (b'"\xc3",b', Reason.INVALID_ENCODING),
        (b"x" * 10_000_000 + b",b", Reason.LINE_TOO_LONG),
        (b'"x' + b"\n" * LINE_CHARACTERS, Reason.RECORD_TOO_LONG),
    ],
    ids=lambda value: str(value[:12]),
)
def test_a_bad_record_costs_only_its_own_line(record: bytes, reason: Reason) -> None:
    content = b"e,n\nada@example.com,Ada\n" + record + b"\ngrace@example.com,Grace\n"

    found = read(content, csv_layout())

    assert found[0] == Accepted(2, {"email": "ada@example.com", "name": "Ada"})
    assert found[1] == Reject(3, None, reason)
    assert [type(one) for one in found[2:]] == [Accepted]
    assert found[2].row["email"] == "grace@example.com"  # type: ignore[union-attr] # see the line above


def test_a_line_that_is_too_long_can_end_with_the_file() -> None:
    assert read(b"e,n\n" + b"x" * 1_000_000, csv_layout(), sizes=[4096]) == [Reject(2, None, Reason.LINE_TOO_LONG)]


@pytest.mark.parametrize(
    ("line", "reject"),
    [
        (b"[]", Reject(2, None, Reason.NOT_AN_OBJECT)),
        (b"7", Reject(2, None, Reason.NOT_AN_OBJECT)),
        (b'{"e": ', Reject(2, None, Reason.MALFORMED_JSON)),
        (b'{"e": NaN}', Reject(2, None, Reason.MALFORMED_JSON)),
        (b'{"e": ' + b"9" * 5000 + b"}", Reject(2, None, Reason.MALFORMED_JSON)),
        (b'{"e":' + b"[" * 90_000, Reject(2, None, Reason.MALFORMED_JSON)),
        (b'{"e": "\xff"}', Reject(2, None, Reason.INVALID_ENCODING)),
        (b'{"e": "\\ud800"}', Reject(2, "email", Reason.INVALID_ENCODING)),
        (b'{"e": "a\\u0000b"}', Reject(2, "email", Reason.NUL_CHARACTER)),
        (b'{"e": 7}', Reject(2, "email", Reason.NOT_A_TEXT)),
        (b'{"n": ["Ada"]}', Reject(2, "name", Reason.NOT_A_TEXT)),
        (b'{"e":"' + b"x" * 10_000_000, Reject(2, None, Reason.LINE_TOO_LONG)),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_line_of_ndjson_costs_only_itself(line: bytes, reject: Reject) -> None:
    first, last = b'{"e": "grace@example.com"}\n', b'\n\n{"e": "ada@example.com", "n": null}\n'

    assert read(first + line + last, ndjson_layout()) == [
        Accepted(1, {"email": "grace@example.com"}),
        reject,
        Accepted(4, {"email": "ada@example.com"}),
    ]


def test_without_a_mapping_an_unknown_member_is_rejected() -> None:
    content = b'{"email": "ada@example.com"}\n{"email": "x@example.com", "secret": 1}\n'

    found = read(content, ndjson_layout(mapping=None))

    assert found == [Accepted(1, {"email": "ada@example.com"}), Reject(2, None, Reason.UNKNOWN_MEMBER)]


@pytest.mark.parametrize(
    ("content", "options", "refusal", "column"),
    [
        (b"", {}, Refusal.FILE_EMPTY, None),
        (codecs.BOM_UTF8, {}, Refusal.FILE_EMPTY, None),
        (b"\n\r\n", {}, Refusal.FILE_EMPTY, None),
        (b"e,x\n", {}, Refusal.MISSING_COLUMN, "n"),
        (b"e,n,e\n", {}, Refusal.DUPLICATE_COLUMN, "e"),
        (b'"e,n\n', {}, Refusal.MALFORMED_HEADER, None),
        (b"e\0,n\n", {"encoding": "utf-8"}, Refusal.MALFORMED_HEADER, None),
        (b"x" * 1_000_000, {}, Refusal.MALFORMED_HEADER, None),
        pytest.param(
            *(b"\n" * (BEGINS_WITHIN_BYTES + 1) + b"e,n\n", {}, Refusal.MALFORMED_HEADER, None), marks=pytest.mark.slow
        ),
        (b"email,secret\n", {"mapping": None}, Refusal.UNKNOWN_COLUMN, None),
        (b"name\n", {"mapping": {"e": "email"}}, Refusal.MISSING_COLUMN, "e"),
        (b"a,b\n", {"has_header": False, "mapping": {"3": "email"}}, Refusal.MISSING_COLUMN, "3"),
        ("e,n\n".encode("utf-16-le"), {}, Refusal.UNKNOWN_ENCODING, None),
        ("e,n\n".encode("utf-32-be"), {}, Refusal.UNKNOWN_ENCODING, None),
        (codecs.BOM_UTF32_LE + "e,n\n".encode("utf-32-le"), {}, Refusal.UNKNOWN_ENCODING, None),
        (codecs.BOM_UTF32_BE + "e,n\n".encode("utf-32-be"), {}, Refusal.UNKNOWN_ENCODING, None),
        (codecs.BOM_UTF32_LE + "e,n\n".encode("utf-32-le"), {"encoding": "utf-16-le"}, Refusal.UNKNOWN_ENCODING, None),
        ("é,n\n".encode("windows-1252"), {}, Refusal.UNKNOWN_ENCODING, None),
        (b"name\nAda\n", {"mapping": None}, Refusal.MISSING_COLUMN, "email"),
        (b"id,version\n1,1\n", {"mapping": None}, Refusal.MISSING_COLUMN, "email"),
        (b"email,EMAIL\n", {"mapping": None}, Refusal.DUPLICATE_COLUMN, "email"),
        (b"E-Mail,E-MAIL\n", {"mapping": {"e-mail": "email"}}, Refusal.DUPLICATE_COLUMN, "e-mail"),
        (b",,,\n\x1a", {}, Refusal.FILE_EMPTY, None),
    ],
)
def test_a_file_that_does_not_fit_its_layout_is_refused(
    content: bytes, options: dict[str, object], refusal: Refusal, column: str | None
) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content, csv_layout(**options))

    assert (refused.value.refusal, refused.value.column) == (refusal, column)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "windows-1252", "latin-1", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_without_a_mark_is_read_in_the_named_encoding(encoding: str, line_end: str) -> None:
    records = ["e,n", "ada@example.com,Zoë", '"grace@example.com","Ærø, ""½"""']
    content = "".join(record + line_end for record in records).encode(encoding)

    for sizes in ([1], [3], [65_536]):
        assert read(content, csv_layout(encoding=encoding), sizes=sizes) == [
            Accepted(2, {"email": "ada@example.com", "name": "Zoë"}),
            Accepted(3, {"email": "grace@example.com", "name": 'Ærø, "½"'}),
        ]


def test_windows_1252_has_characters_that_latin_1_lacks_and_five_invalid_bytes() -> None:
    content = b"e,n\na@example.com,\x80 \x93Q\x94 \x96\nb@example.com,\x81\nc@example.com,C\n"

    found = read(content, csv_layout(encoding="windows-1252"))

    assert found == [
        Accepted(2, {"email": "a@example.com", "name": "\u20ac \u201cQ\u201d \u2013"}),
        Reject(3, None, Reason.INVALID_ENCODING),
        Accepted(4, {"email": "c@example.com", "name": "C"}),
    ]


@pytest.mark.parametrize("size", [20_000, 32_768])
@pytest.mark.parametrize("line_end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_reading_resumes_from_any_step_even_within_a_line_that_is_too_long(
    encoding: str, line_end: str, size: int
) -> None:
    long = "é" * (2 * LINE_CHARACTERS + 7)
    lines = ["e,n", "a@example.com,A", long, "", f'"open{line_end}{long}', "b@example.com,B", "", "", long]
    content = "".join(line + line_end for line in lines).encode(encoding)
    layout = csv_layout(encoding=encoding)

    found = read_step_by_step(content, layout, sizes=[size])

    assert found == read(content, layout)
    assert [one.reason if isinstance(one, Reject) else one.row["name"] for one in found] == [
        "A", Reason.LINE_TOO_LONG, Reason.RECORD_TOO_LONG, Reason.LINE_TOO_LONG, "B", Reason.LINE_TOO_LONG,
    ]  # fmt: skip


def test_a_file_with_only_a_header_has_no_rows() -> None:
    assert read(b"e,n\r\n", csv_layout()) == []


def test_unmapped_columns_may_be_duplicate() -> None:
    found = read(b"x, e ,x,n\n1,ada@example.com,2,Ada\n", csv_layout())

    assert found == [Accepted(2, {"email": "ada@example.com", "name": "Ada"})]


def test_without_a_header_the_first_record_is_a_row() -> None:
    layout = csv_layout(has_header=False, mapping={"2": "email"})

    found = read(b"Ada,ada@example.com\nGrace,grace@example.com\nx\n", layout)

    assert found == [
        Accepted(1, {"email": "ada@example.com"}),
        Accepted(2, {"email": "grace@example.com"}),
        Reject(3, None, Reason.TOO_FEW_FIELDS),
    ]


@pytest.mark.parametrize("line_end", [b"\r", b"\r\n", b"\n"])
@pytest.mark.parametrize("beyond", [0, 1, 2])
def test_a_line_that_is_too_long_ends_at_its_line_end_wherever_blocks_end(line_end: bytes, beyond: int) -> None:
    head, long = b"e,n" + line_end, b"x" * (2 * LINE_CHARACTERS)
    content = head + long + line_end + b"ada@example.com,Ada" + line_end

    found = read(content, csv_layout(), sizes=[len(head) + len(long) + beyond])

    expected = Accepted(3, {"email": "ada@example.com", "name": "Ada"})
    assert found == [Reject(2, None, Reason.LINE_TOO_LONG), expected]
