"""Identifiers that sort by the time of their creation."""

import hashlib
import secrets
import time
from uuid import UUID

_FAMILY = (1 << 42) - 1


def new_id() -> str:
    """Make a UUID version 7: 48 bits of Unix time in milliseconds, then 74 random bits (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def is_id(text: str) -> bool:
    """Return true for an identifier in the form of `new_id`."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def part_id(whole_id: str, number: int) -> str:
    """Return the identifier of a part, always the same; it sorts by the time of the whole, then by number.

    The 32 bits of the number are in the place of RFC 9562's counter (section 6.2); a hash of the whole's id fills the
    other 42 random bits.

    Args:
        whole_id: An identifier made by `new_id`.
        number: From 0 to 2³² - 1.
    """
    digest = int.from_bytes(hashlib.sha256(whole_id.encode()).digest()[:6]) & _FAMILY
    time_ms = UUID(whole_id).int >> 80
    high, low = number >> 20, number & 0xFFFFF
    return str(UUID(int=time_ms << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low << 42 | digest))


def is_part_of(whole_id: str, identifier: str) -> bool:
    """Return true for an identifier that `part_id` returns for this whole."""
    part, first = UUID(identifier).int, UUID(part_id(whole_id, 0)).int
    return part >> 80 == first >> 80 and part & _FAMILY == first & _FAMILY
