"""Pairs of addresses that resemble each other and are different mailboxes."""

LOOK_ALIKES = [
    ("boss@wei\u00df.de", "boss@weiss.de"),
    ("\u017fam@example.org", "sam@example.org"),
    ("stra\u00dfe@example.net", "strasse@example.net"),
    ("\u212aate@example.org", "kate@example.org"),
    ("\ufb01ona@example.org", "fiona@example.org"),
    ("\u03bd\u03b9\u03ba\u03bf\u03c2@example.org", "\u03bd\u03b9\u03ba\u03bf\u03c3@example.org"),
    ("a@\u03bd\u03b9\u03ba\u03bf\u03c2.gr", "a@\u03bd\u03b9\u03ba\u03bf\u03c3.gr"),
]
