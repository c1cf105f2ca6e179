"""Encodings are named by their labels, return every byte that they decode, and give way to a byte order mark."""

import codecs
import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.imports.parsing.encoding_labels import NAMES, codec_of, name_of
from functions.imports.parsing.encodings import Encoding, encoding_of
from functions.imports.parsing.rows import Accepted, Reject
from tests.imports.files import csv_layout, read, read_resuming, read_step_by_step

# The beginning of every character of several bytes.
LEADS = range(0x80, 0x100)
# Texts that programs write in these encodings.
WRITTEN = {
    "utf-8": "Zoë 李",
    "windows-1252": "Pat O\u2019Brien, José €",
    "windows-1250": "Łukasz Żak",
    "windows-1251": "Юлия Ёлкина",
    "windows-1253": "Ελένη",
    "windows-1254": "I\u015f\u0131k Ğ",
    "windows-1255": "דוד",
    "windows-1256": "ليلى",
    "windows-1257": "Jānis Ķ",
    "windows-1258": "Đỗ Ư".replace("ỗ", "ô\u0303"),
    "windows-874": "สมชาย",
    "shift_jis": "髙橋 ①ｱ ソ表",
    "euc-jp": "山田 花子 ｱ",
    "gb18030": "王小明 㐀 𠀀",
    "big5": "陳大文 許功蓋",
    "cp950": "陳大文 €",
    "euc-kr": "김철수 뷁",
    "iso-8859-2": "Łukasz",
    "iso-8859-15": "Šárka €",
    "koi8-r": "Юлия",
    "macintosh": "José Ångström",
    "ibm850": "José",
    "ibm852": "Łukasz",
    "ibm866": "Юлия",
}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("latin-1", "windows-1252"),
        ("latin1", "windows-1252"),
        ("ISO-8859-1", "windows-1252"),
        ("us-ascii", "windows-1252"),
        ("cp1250", "windows-1250"),
        ("x-cp1250", "windows-1250"),
        ("iso-8859-9", "windows-1254"),
        ("iso-8859-11", "windows-874"),
        ("GBK", "gb18030"),
        ("gb2312", "gb18030"),
        ("Shift-JIS", "shift_jis"),
        ("sjis", "shift_jis"),
        ("cp932", "shift_jis"),
        ("windows-31j", "shift_jis"),
        ("euc_jp", "euc-jp"),
        ("Big5-HKSCS", "big5"),
        ("ks_c_5601-1987", "euc-kr"),
        ("cp949", "euc-kr"),
        ("utf8", "utf-8"),
        ("UTF-16", "utf-16-le"),
        ("utf-16le", "utf-16-le"),
        ("mac", "macintosh"),
        ("cp437", "ibm437"),
        ("iso-2022-jp", None),
        ("hz-gb-2312", None),
        ("utf-7", None),
        ("utf-32", None),
        ("utf–8", None),
        ("", None),
    ],
)
def test_an_encoding_is_known_by_its_labels(label: str, name: str | None) -> None:
    assert name_of(label) == name


def test_a_label_names_one_encoding() -> None:
    assert [name_of(name) for name in NAMES] == list(NAMES)
    assert all(name_of(codec_of(name)) in {name, "iso-8859-8"} for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_ascii_is_ascii_and_a_line_end_is_no_part_of_another_character(name: str) -> None:
    encoding = Encoding(codec_of(name))
    ascii_text = bytes(range(0x80)).decode("ascii")
    assert encoding.text_of(ascii_text.encode(encoding.name)) == ascii_text
    if not encoding.is_wide:
        begun = [*((lead,) for lead in LEADS), *itertools.product(LEADS, range(0x30, 0x100))]
        assert encoding.text_of(b"".join(bytes(each) + b"\n" for each in begun)).count("\n") == len(begun)


@pytest.mark.parametrize(("name", "text"), WRITTEN.items())
def test_a_file_is_read_in_the_encoding_that_it_was_written_in(name: str, text: str) -> None:
    content = f"e,n\r\nada@example.com,{text.replace(',', '')}\r\ngrace@example.com,G\r\n".encode(codec_of(name))
    layout = csv_layout(encoding=name)

    found = read(content, layout)

    assert found == [
        Accepted(2, {"email": "ada@example.com", "name": text.replace(",", "")}),
        Accepted(3, {"email": "grace@example.com", "name": "G"}),
    ]
    assert read_step_by_step(content, layout, sizes=[1]) == found


@settings(max_examples=3 * settings().max_examples)
@example(name="utf-16-le", lines=[b"\0", b"\0"], sizes=[1], after=[])
@given(
    name=st.sampled_from(NAMES),
    lines=st.lists(st.binary(max_size=12) | st.text(max_size=8), max_size=8),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    after=st.lists(st.integers(0, 3), max_size=3),
)
def test_any_bytes_are_read_alike_in_pieces_and_as_a_whole(
    name: str, lines: list[bytes | str], sizes: list[int], after: list[int]
) -> None:
    codec = codec_of(name)
    encoded = [line if isinstance(line, bytes) else line.encode(codec, "replace") for line in lines]
    content = "e,n\n".encode(codec) + "\n".encode(codec).join(encoded)
    layout = csv_layout(encoding=name)

    whole = read(content, layout)

    assert read(content, layout, sizes=sizes) == whole
    assert read_resuming(content, layout, sizes=sizes, after=after) == whole
    assert read_step_by_step(content, layout, sizes=sizes) == whole
    assert all(isinstance(one, Accepted | Reject) for one in whole)


@pytest.mark.parametrize("named", ["auto", "utf-8", "latin-1", "utf-16-be", "gb18030"])
@pytest.mark.parametrize(
    ("mark", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_mark_wins(named: str, mark: bytes, codec: str) -> None:
    assert encoding_of(mark + "e".encode(codec), named=named) == (Encoding(codec), len(mark))
    assert read(mark + "e,n\na@example.com,José\n".encode(codec), csv_layout(encoding=named)) == [
        Accepted(2, {"email": "a@example.com", "name": "José"})
    ]


def test_a_mark_in_another_encoding_is_no_part_of_the_header() -> None:
    content = "\ufeffe,n\na@example.com,王\n".encode("gb18030")

    assert read(content, csv_layout(encoding="gb18030")) == [Accepted(2, {"email": "a@example.com", "name": "王"})]
