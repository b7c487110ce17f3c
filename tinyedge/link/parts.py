"""What a device streams unasked: outputs of layers and frames of a sensor, plain or packed."""

from __future__ import annotations

from tinyedge.link import packing, payloads, protocol
from tinyedge.link.framing import Frame
from tinyedge.link.protocol import Codec, Type

_MOST = 16_384  # that are kept, of at most PART_BYTES: more than any device has memory for
_PLAIN = {Type.LAYER: payloads.LAYER, Type.SENSED: payloads.SENSED}
STREAMED = frozenset({*_PLAIN, Type.PART})
"""Types of their frames."""


class Parts(dict[tuple[int, int], bytes]):
    """Bytes by number (of the layer, or of the inference) and offset."""

    def take(self, frame: Frame) -> None:
        """Keep what a frame of a type in STREAMED holds; ValueError: it is damaged, or too much."""
        number, offset, data = _packed(frame.payload) if frame.type == Type.PART else _plain(frame)
        if len(self) >= _MOST:
            raise ValueError(f"more than {_MOST:,} parts")
        self[number, offset] = data


def _plain(frame: Frame) -> tuple[int, int, bytes]:
    layout = _PLAIN[Type(frame.type)]
    number, offset = layout.ints(frame.payload)
    return number, offset, frame.payload[layout.size :]


def _packed(payload: bytes) -> tuple[int, int, bytes]:
    number, offset, count, codec, stride = payloads.PACKED.ints(payload)
    if count > protocol.PART_BYTES or codec not in set(Codec):
        raise ValueError(f"{count} bytes packed by codec {codec}")
    data = packing.unpack(Codec(codec), payload[payloads.PACKED.size :], count, stride)
    if data is None:
        raise ValueError("damaged")
    return number, offset, data
