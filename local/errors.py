"""Errors that end a command with a message for its user: the cause, and the way out."""


class PlatformError(Exception):
    """Something on this machine stands in the way; the message says what, and what to do."""
