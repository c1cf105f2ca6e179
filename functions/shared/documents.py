"""JSON documents in items, while an older and a newer release read and write the same items.

A newer release adds keys to a document. An older one passes over them when it reads, and keeps them when it writes.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known_values(kind: type[Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a document by the names of a dataclass's fields, without keys that the class lacks."""
    return {each.name: document[each.name] for each in fields(kind) if each.name in document}


def over(stored: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the keys of the stored one that it lacks, at any depth of objects."""
    merged = dict(stored)
    for name, value in document.items():
        before = stored.get(name)
        merged[name] = over(before, value) if isinstance(value, Mapping) and isinstance(before, Mapping) else value
    return merged
