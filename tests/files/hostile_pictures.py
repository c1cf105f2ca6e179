"""Pictures of few bytes that cost much to draw."""

import struct
import zlib


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb() -> bytes:
    """Return the head of a PNG of 900 million pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))


def jpeg_of_scans(scans: int, *, edge: int, metadata: bytes = b"", padding: bytes = b"") -> bytes:
    """Return a grey progressive JPEG; each of its scans has some 75 bytes and walks through the whole picture.

    Args:
        scans: Their number.
        edge: The pixels of each side.
        metadata: The content of a segment before the picture.
        padding: Bytes before each scan; a decoder skips FF, and any byte that begins no marker.
    """
    blocks = ((edge + 7) // 8) ** 2
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xE5, metadata) if metadata else b"",
            _segment(0xDB, b"\0" + bytes([16] * 64)),
            _segment(0xC2, struct.pack(">BHHB", 8, edge, edge, 1) + bytes([1, 0x11, 0])),
            # One code each, the bit 0: "no difference" for DC, and "the next 2¹⁴ and more blocks end here" for AC.
            _segment(0xC4, bytes([0x00, 1, *[0] * 15, 0x00])),
            _segment(0xC4, bytes([0x10, 1, *[0] * 15, 0xE0])),
            padding + _segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + bytes((blocks + 7) // 8),
            (padding + _segment(0xDA, bytes([1, 1, 0, 1, 63, 0x0D])) + _all_blocks_end(blocks)) * (scans - 1),
            b"\xff\xd9",
        ]
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def _all_blocks_end(blocks: int) -> bytes:
    """Return the entropy-coded runs of empty blocks: the code 0, then 14 bits on top of 2¹⁴."""
    bits = ""
    while blocks > 0:
        run = min(max(blocks, 1 << 14), (1 << 15) - 1)
        bits += f"0{run - (1 << 14):014b}"
        blocks -= run
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
