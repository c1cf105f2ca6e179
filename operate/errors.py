"""The error that ends a command with a message for its user."""


class OperateError(Exception):
    """The command cannot do its task; the message gives the cause and the remedy."""
