"""The characters around a text that people do not see, and the characters that a name may have."""

import re
from functools import cache

# White_Space of Unicode, and the separators that `str.isspace` adds to it.
_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_SOFT_HYPHEN, _ZERO_WIDTH_SPACE, _WORD_JOINER, _BYTE_ORDER_MARK = "\xad", "\u200b", "\u2060", "\ufeff"
# Bidi_Control, the joiners, and the invisible operators and deprecated controls after the word joiner.
_MARKS = "\u061c\u180e\u200c\u200d\u200e\u200f" + "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2061, 0x2070))))

# The characters that documents, spreadsheets and chats leave around a copied text.
INVISIBLE = _SPACES + _SOFT_HYPHEN + _ZERO_WIDTH_SPACE + _WORD_JOINER + _BYTE_ORDER_MARK + _MARKS
# A name can end with a joiner, as in Malayalam.
_AROUND_NAMES = _SPACES + _SOFT_HYPHEN + _ZERO_WIDTH_SPACE + _WORD_JOINER

# Controls, separators of lines, marks of text direction, the byte order mark, annotations and noncharacters.
_NOT_IN_NAMES = (
    r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
)
# White_Space, Default_Ignorable_Code_Point and the blank of Braille, as far as they are not in the list above:
# https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt. A name of these alone shows nothing.
_SHOWS_NOTHING = (
    r" \xa0\xad\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200d\u202f\u205f-\u2065\u2800\u3000\u3164"
    r"\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
)
# The same beyond the Basic Multilingual Plane: Python and JSON Schema escape these differently.
_SHOWS_NOTHING_EITHER = re.compile("[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")


def is_name(text: str, *, without: str = "") -> bool:
    """Return whether a text shows something and has only characters that a name may have; see `name_pattern`."""
    return re.fullmatch(name_pattern(without=without), _SHOWS_NOTHING_EITHER.sub("", text)) is not None


@cache
def name_pattern(*, without: str = "") -> str:
    """Return the regular expression of a whole name, in the syntax that Python and JSON Schema share.

    Args:
        without: More characters that the name must not have, as in a character class.
    """
    allowed = rf"[^{_NOT_IN_NAMES}{without}]*"
    return rf"^{allowed}[^{_NOT_IN_NAMES}{without}{_SHOWS_NOTHING}]{allowed}$"


def trimmed[T](text: T) -> T | str:
    """Return a text without the invisible characters around it; any other value as it is."""
    return text.strip(INVISIBLE) if isinstance(text, str) else text


def trimmed_name[T](name: T) -> T | str:
    """Return a name without blanks around it; marks, which are part of a name or forbidden in it, stay."""
    return name.strip(_AROUND_NAMES) if isinstance(name, str) else name
