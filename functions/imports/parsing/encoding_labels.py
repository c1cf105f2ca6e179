"""The encodings of imported files: their names, Python's codecs for them, and their other labels.

The labels are those of https://encoding.spec.whatwg.org/#names-and-labels, where `latin1` and `iso-8859-1` mean
windows-1252. Below them are the code pages of DOS and of the Macintosh, which Excel also writes. UTF-32 is left out.
Encodings that switch between states, such as iso-2022-jp and hz, are left out, too: a line does not tell its state.
"""

import re

_TABLE = """
utf-8          utf-8         unicode-1-1-utf-8
utf-16-le      utf-16-le     utf-16
utf-16-be      utf-16-be
windows-1252   cp1252        ansi_x3.4-1968 ascii cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso_8859-1:1987
windows-1252   cp1252        l1 latin1 us-ascii x-cp1252
windows-1250   cp1250        x-cp1250
windows-1251   cp1251        x-cp1251
windows-1253   cp1253        x-cp1253
windows-1254   cp1254        csisolatin5 iso-8859-9 iso-ir-148 iso_8859-9:1989 l5 latin5 x-cp1254
windows-1255   cp1255        x-cp1255
windows-1256   cp1256        x-cp1256
windows-1257   cp1257        x-cp1257
windows-1258   cp1258        x-cp1258
windows-874    cp874         dos-874 iso-8859-11 tis-620
shift_jis      cp932         cp943 csshiftjis ms_kanji sjis windows-31j x-sjis
euc-jp         euc_jp        cseucpkdfmtjapanese x-euc-jp
gb18030        gb18030       gb2312 gbk x-gbk cp936 ms936 windows-936
gb18030        gb18030       chinese csgb2312 csiso58gb231280 gb_2312-80 iso-ir-58
big5           big5hkscs     big5-2003 cn-big5 csbig5 x-x-big5
euc-kr         cp949         korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ms949 uhc windows-949
euc-kr         cp949         cseuckr csksc56011987 iso-ir-149
iso-8859-2     iso8859_2     csisolatin2 iso-ir-101 iso_8859-2:1987 l2 latin2
iso-8859-3     iso8859_3     csisolatin3 iso-ir-109 iso_8859-3:1988 l3 latin3
iso-8859-4     iso8859_4     csisolatin4 iso-ir-110 iso_8859-4:1988 l4 latin4
iso-8859-5     iso8859_5     csisolatincyrillic cyrillic iso-ir-144 iso_8859-5:1988
iso-8859-6     iso8859_6     arabic asmo-708 ecma-114 iso-8859-6-e iso-8859-6-i
iso-8859-6     iso8859_6     csiso88596e csiso88596i csisolatinarabic iso-ir-127 iso_8859-6:1987
iso-8859-7     iso8859_7     csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso_8859-7:1987 sun_eu_greek
iso-8859-8     iso8859_8     hebrew iso-8859-8-e iso-8859-8-i logical visual
iso-8859-8     iso8859_8     csiso88598e csiso88598i csisolatinhebrew iso-ir-138 iso_8859-8:1988
iso-8859-10    iso8859_10    csisolatin6 iso-ir-157 l6 latin6
iso-8859-13    iso8859_13
iso-8859-14    iso8859_14
iso-8859-15    iso8859_15    csisolatin9 l9 latin9
iso-8859-16    iso8859_16
koi8-r         koi8_r        cskoi8r koi koi8
koi8-u         koi8_u        koi8-ru
macintosh      mac_roman     csmacintosh mac x-mac-roman
x-mac-cyrillic mac_cyrillic  x-mac-ukrainian
ibm866         cp866         866 csibm866 dos-866
cp950          cp950         windows-950 ms950
x-mac-ce       mac_latin2
x-mac-greek    mac_greek
x-mac-turkish  mac_turkish
ibm437         cp437
ibm720         cp720
ibm737         cp737
ibm775         cp775
ibm850         cp850
ibm852         cp852
ibm857         cp857
ibm858         cp858
ibm862         cp862
"""


def _key(label: str) -> str:
    return re.sub("[^a-z0-9]", "", label.lower()) if label.isascii() else ""


_ROWS = [line.split() for line in _TABLE.split("\n") if line]
_CODECS = {name: codec for name, codec, *_ in _ROWS}
NAMES = tuple(_CODECS)
_LABELS = {_key(label): row[0] for row in reversed(_ROWS) for label in row}


def name_of(label: str) -> str | None:
    """Return the name of the encoding that has a label, in any case and punctuation; None if there is none."""
    return _LABELS.get(_key(label))


def codec_of(name: str) -> str:
    """Return Python's codec of an encoding."""
    return _CODECS[name]
