"""What goes over the wire: frame types, error codes, features and sizes.

``te_protocol.h`` is rendered from this module and from ``payloads``, so that the device and the
host cannot drift apart. Each request is answered by one frame of the type
``request | ANSWER`` (or by ERROR) with the request's sequence number. Every request may be sent
again without harm: WRITE is taken only where the input continues, and a repeated INVOKE of the
same inference number gets the first answer once more, without a second run.
"""

from __future__ import annotations

import enum

PROTOCOL_VERSION = 2

MAX_PAYLOAD = 512
"""Bytes of payload that a device takes in one frame."""

MAX_ANSWER = 2048
"""Bytes of payload that a host takes in one frame."""

WINDOW = 1024
"""Encoded bytes that a device's receive buffer holds while it is busy."""

ANSWER = 0x80
"""Added to a request's type in its answer."""

MAX_TENSORS = 32
"""Inputs plus outputs of a model, so that a HELLO fits one answer."""


class Type(enum.IntEnum):
    """Frame types. Requests come first; the device sends those from READY on unasked."""

    HELLO = 0x01
    WRITE = 0x02
    INVOKE = 0x03
    READ = 0x04
    STATUS = 0x05
    HALT = 0x06
    PROFILE = 0x07  # this and the next: only firmware that observes its layers
    WATCH = 0x08
    FRAME = 0x10  # this and the next two: only with the feature preprocess
    PIXELS = 0x11
    MADE = 0x12
    SENSE = 0x13  # this and the next: only with collect
    SHOW = 0x14
    PACKED = 0x15  # this and the next: only with compress
    CLASSIFY = 0x16
    PACKED_PIXELS = 0x17  # only with compress and preprocess
    PACKED_SHOW = 0x18  # only with compress and collect
    PACK = 0x19  # only with compress
    LEARN_BEGIN = 0x20  # this and the next four: only with learn
    LEARN_SAMPLE = 0x21
    LEARN_DECIDE = 0x22
    LEARN_READ = 0x23
    LEARN_RATE = 0x24
    UPDATE_BEGIN = 0x30  # this and the next four: only with update
    UPDATE_DATA = 0x31
    UPDATE_APPLY = 0x32
    UPDATE_DECIDE = 0x33
    VERSIONS = 0x34
    MONITOR = 0x38  # this and the next: only with monitor
    MONITOR_CLEAR = 0x39
    CHALLENGE = 0x3C  # this and the next: only with auth
    AUTH = 0x3D
    READY = 0xC0
    LOG = 0xC1
    ERROR = 0xC2
    LAYER = 0xC3
    SENSED = 0xC4
    PART = 0xC5


class Feature(enum.IntFlag):
    """What HELLO says is in the firmware besides what all have (see tinyedge/emit/features.py)."""

    PREPROCESS = 0x1
    LEARN = 0x2
    MARK = 0x4
    COLLECT = 0x8
    UPDATE = 0x10
    COMPRESS = 0x20
    MONITOR = 0x40
    AUTH = 0x80
    LOCKED = 0x100


CODECS_AT = 24
"""Bit of HELLO's ``features`` from which on it names codecs."""


class Decision(enum.IntEnum):
    """What LEARN_DECIDE asks for."""

    APPLY = 1  # quantize what was learned, and run it on trial
    KEEP = 2  # the weights on trial stay
    UNDO = 3  # the weights from before the trial run again
    RESET = 4  # the firmware's own weights run again


class Part(enum.IntEnum):
    """What LEARN_READ reads of a layer. All but REAL are of the weights that run."""

    REAL = 0  # float32 [outputs][inputs + 1], the bias in the last column
    WEIGHTS = 1  # int8 [outputs / 4, rounded up][inputs][4]
    BIAS = 2  # int32 [outputs]
    SCALES = 3  # float32 [outputs], of the weights


class Codec(enum.IntEnum):
    """How the bytes of a PACKED are packed (see tinyedge/link/packing.py)."""

    LZ4 = 1  # one LZ4 block
    DELTA = 2  # differences in runs
    BITS = 3  # differences in groups, each in as many bits as its largest takes
    BITS16 = 4  # the same of 16-bit numbers
    MASK = 5  # groups without the byte that is the most usual; only to the host


UNPACKED = (Codec.LZ4, Codec.DELTA, Codec.BITS, Codec.BITS16)
"""By devices with the feature compress."""

PART_WAYS = ((Codec.DELTA, 0), (Codec.BITS, 1), (Codec.BITS, 3), (Codec.BITS16, 2))
"""Codecs with the strides that a device tries for each PART, besides MASK."""

PART_BYTES = 8192
"""That a PART holds at most."""

MOST_STRIDE = 4
"""Bytes that differences of what a device unpacks piece by piece may reach back."""


class Reset(enum.IntEnum):
    """Why a device has started, as far as it can tell."""

    UNKNOWN = 0
    POWER = 1  # it came, or came back
    BROWNOUT = 2  # the supply was too low
    PIN = 3
    SOFTWARE = 4
    WATCHDOG = 5
    FAULT = 6  # of the processor, whatever restarted it then


class Code(enum.IntEnum):
    """Codes of ERROR frames. ``detail`` holds the number in brackets."""

    VERSION = 1  # the host speaks another protocol version [the device's]
    TYPE = 2  # no such request [the type]
    LENGTH = 3  # the payload is too short or too long for its type [its length]
    RANGE = 4  # beyond the end of the inputs or outputs [their bytes]
    INCOMPLETE = 5  # INVOKE before the whole input has arrived [bytes that have]
    INPUT_CRC = 6  # the input in memory is not what the host meant [CRC-32 of what it is]
    ORDER = 7  # no such inference has been run [the last one's number]
    MODEL = 8  # the runtime failed [te_status]; the text says why
    FAULT = 9  # the processor faulted [address]; the device has halted
    SENSOR = 10  # the board has no sensor, or it has failed [bytes of the frame that came]
    UPDATE = 11  # the package is not for this device, or does not hold; the text says why
    FLASH = 12  # a slot could not be written [offset]
    PACKED = 13  # packed bytes are damaged [where they begin in the inputs, or in the frame]
    AUTH = 14  # the request is not from who has the device's key [Doubt]; sent unsealed
    LOCKED = 15  # a locked device does not answer this [the type]


class Doubt(enum.IntEnum):
    """Why a device with the feature auth refuses a request, in the detail of Code.AUTH."""

    SESSION = 1  # it is not sealed, or no session is open: CHALLENGE and AUTH come first
    FORGED = 2  # it was changed on the way, or sealed with another key
    REPLAYED = 3  # it, or one that was sealed after it, has been taken before
