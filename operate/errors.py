"""Errors of the operators' commands."""


class OperateError(Exception):
    """A command cannot do its work; its user can correct the cause, which the message explains."""


class UsageError(OperateError):
    """A command was called with a name or a value that does not exist; the message lists those that do."""
