"""The inbox: how a consumer recognises an event that it has handled before.

The items of the inbox are in `inbox_item.py`: importing PynamoDB is a quarter of a start, and an API may not need it.
"""


class AlreadySeen(Exception):
    """The event has taken effect before; its effect is stored."""
