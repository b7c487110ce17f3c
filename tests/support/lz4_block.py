"""LZ4 blocks as a device unpacks them, written down a second time."""

_LEAST_MATCH = 4
_LONG = 15  # a length that goes on in the bytes behind


def unpack(packed: bytes, count: int, before: bytes = b"") -> bytes | None:
    """``count`` bytes that follow ``before``; None for a damaged block."""
    out, at = bytearray(before), 0
    end = len(before) + count
    try:
        while True:
            token = packed[at]
            length, at = _length(packed, at + 1, token >> 4)
            if length > len(packed) - at or length > end - len(out):
                return None
            out += packed[at : at + length]
            at += length
            if at == len(packed):
                return bytes(out[len(before) :]) if len(out) == end else None
            offset = packed[at] | packed[at + 1] << 8
            length, at = _length(packed, at + 2, token & _LONG)
            if not 0 < offset <= len(out) or length + _LEAST_MATCH > end - len(out):
                return None
            for _ in range(length + _LEAST_MATCH):
                out.append(out[-offset])
    except IndexError:
        return None


def _length(packed: bytes, at: int, nibble: int) -> tuple[int, int]:
    length = nibble
    while nibble == _LONG:
        length += packed[at]
        at += 1
        if packed[at - 1] != 255:
            break
    return length, at
