"""Errors that end a command with a message for its user: the cause, and the way out."""


class OperateError(Exception):
    """The command cannot do what was asked; the message says why, and what to do."""
