"""Identifiers that sort by the time they were made."""

import secrets
import time
from uuid import UUID


def new_id() -> str:
    """Make a UUID version 7: 48 bits of Unix time in milliseconds, then 74 random bits (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def is_id(text: str) -> bool:
    """Tell whether a text is an identifier in the one form that `new_id` makes."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
