"""Errors that end a command with a message: the cause and the remedy."""


class PlatformError(Exception):
    """The command cannot continue on this machine; the message gives the cause and the remedy."""
