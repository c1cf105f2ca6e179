"""The likely mistakes behind a file that does not fit its layout, in words for people.

The words repeat nothing of the file: without a header, the first record is personal data.
"""

from collections.abc import Sequence

from functions.imports.fields import Target

_DELIMITERS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "vertical bars"}
ENCODINGS = (
    "Save the file as UTF-8, or name its encoding: Excel's CSV is windows-1252 in Western Europe and the Americas, "
    "windows-1250 in Central Europe, windows-1251 where Cyrillic is written, windows-1254 in Turkey, shift_jis in "
    "Japan, gb18030 in China, big5 in Taiwan, euc-kr in Korea."
)
NOT_NDJSON = (
    "Expected one JSON object on each line. If the file is a JSON array, or an object over several lines, write each "
    "element on a line of its own, for example with `jq -c '.[]'`; if it is CSV, name the format csv."
)


def known_fields(target: Target) -> str:
    """Return a sentence that lists the fields of a target, and the columns that are left out."""
    return (
        f"Known are {', '.join(target.fields)}, in any case; {', '.join(sorted(target.assigned))} are left out. "
        "A mapping can give fields to columns with other names."
    )


def header_mistake(names: Sequence[str], *, delimiter: str) -> str:
    """Return a sentence about the likely mistake behind a header; empty if there is none."""
    text = "".join(names)
    if text.startswith(("{", "[")):
        return "The file looks like JSON: name the format ndjson, with one object on each line."
    for other, words in _DELIMITERS.items():
        if other != delimiter and other in text:
            shown = "\\t" if other == "\t" else other
            return f'The header contains {words}: the likely mistake is the delimiter; name "{shown}".'
    if "@" in text:
        return "The header contains an @: if the file has no header, say has_header: false, and number the columns."
    return ""
