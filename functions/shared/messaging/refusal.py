"""The one kind of failure that no repetition mends."""


class Refused(Exception):
    """A message can never be handled; the text says why, in a sentence without personal data."""
