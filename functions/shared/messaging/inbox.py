"""The inbox: what a consumer has done already."""


class AlreadySeen(Exception):
    """The inbox knows the event; its effect stands already."""
