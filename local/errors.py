"""Errors that end a command with a message: the cause, and the way out."""


class PlatformError(Exception):
    """The command cannot continue on this machine; the message names the cause and the way out."""
