"""The inbox, by which a consumer recognises an event that it has handled before.

The items of the inbox are in `inbox_item.py`: PynamoDB takes a quarter of a cold start, and an API may not need it.
"""


class AlreadySeen(Exception):
    """The event has taken effect before; its effect is stored."""
