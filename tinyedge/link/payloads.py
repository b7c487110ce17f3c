"""The layout of every payload, and of the header and seal around it. All numbers little-endian."""

from __future__ import annotations

from tinyedge.link.layout import Layout

MAX_RANK = 6

HEADER = Layout("header", (("version", "B"), ("type", "B"), ("sequence", "H"), ("length", "H")))
CRC_BYTES = 4
"""CRC-32 (zlib's) over header and payload, after the payload."""

WRITE = Layout("write", (("inference", "I"), ("offset", "I")))
"""Then the bytes. Inputs are addressed as one, in their order. ``inference`` is not 0."""

WRITTEN = Layout("written", (("inference", "I"), ("received", "I")))
"""``received`` bytes of the input have arrived without a gap."""

INVOKE = Layout("invoke", (("inference", "I"), ("bytes", "I"), ("crc", "I")))
"""``bytes`` and CRC-32 of all inputs."""

INVOKED = Layout("invoked", (("inference", "I"), ("ticks", "Q"), ("output_bytes", "I")))
"""Then as much of the outputs (addressed as one, in their order) as a frame holds."""

READ = Layout("read", (("inference", "I"), ("offset", "I"), ("size", "I")))
OUTPUT = Layout("output", (("inference", "I"), ("offset", "I")))
"""Then the bytes."""

PROFILE = Layout("profile", (("inference", "I"), ("first", "I")))
"""Asks for the ticks of an inference's layers from ``first`` on."""

PROFILED = Layout("profiled", (("inference", "I"), ("layers", "I"), ("first", "I")))
"""How many layers there are. Then the ticks of as many as a frame holds, TICKS_BYTES each."""

TICKS_BYTES = 8

WATCH = Layout("watch", (("layers", "I"),))
"""1: send a LAYER for what each layer writes, while the next inferences run; 0: do not."""

LAYER = Layout("layer", (("layer", "I"), ("offset", "I")))
"""Then bytes of the layer's output, from ``offset`` on."""

LEARN_BEGIN = Layout(
    "learn_begin",
    (("run", "I"), ("learning_rate", "f"), ("momentum", "f"), ("l2", "f"), ("batch", "I")),
)
"""``run`` is not 0; the same run again changes nothing. The answer is LEARNING."""

LEARNING = Layout("learning", (("active", "i"), ("layers", "I"), ("samples", "I")))
"""``active``: which weights run: of slot 0 or 1, or the firmware's own (-1)."""

LEARN_RATE = Layout("learn_rate", (("learning_rate", "f"),))
"""Goes on with another rate. The answer is LEARNING."""

LEARN_SAMPLE = Layout("learn_sample", (("inference", "I"), ("label", "I")))
"""Trains once on an inference that has been run."""

LEARNED = Layout(
    "learned",
    (
        ("inference", "I"),
        ("samples", "I"),  # of this run
        ("probability", "f"),  # of the label's class, before this step
        ("predicted", "I"),
        ("ticks", "Q"),  # of this step
    ),
)

LEARN_DECIDE = Layout("learn_decide", (("decision", "I"),))
LEARN_READ = Layout("learn_read", (("layer", "I"), ("part", "I"), ("offset", "I"), ("size", "I")))
"""The answer is the bytes."""
FRAME = Layout("frame", (("inference", "I"), ("height", "I"), ("width", "I"), ("channels", "I")))
"""Begins a raw frame of one byte a channel, of which the device makes the inference's input. Sound
has a height of as many samples, width 1, and 2 channels: an int16's low byte, then its high one."""

PIXELS = Layout("pixels", (("inference", "I"), ("offset", "I")))
"""Then the frame's bytes from ``offset`` on, row by row."""

FRAMED = Layout("framed", (("inference", "I"), ("received", "I"), ("ticks", "Q"), ("crc", "I")))
"""Answers FRAME and PIXELS: ``received`` bytes of the frame have arrived without a gap, and making
the input has taken ``ticks``. ``crc`` is the input's CRC-32 once it is whole: what INVOKE takes."""

MADE = Layout("made", (("inference", "I"), ("offset", "I"), ("size", "I")))
"""Asks for bytes of the input that was made, before INVOKE. Answered as READ is."""

SENSE = Layout("sense", (("inference", "I"),))
"""Takes a frame from the board's sensor, which the device sends in SENSED while it makes its input
of it; the answer is SHOT. The same inference again takes no other frame."""

SHOT = Layout(
    "shot",
    (
        ("inference", "I"),
        ("height", "I"),
        ("width", "I"),
        ("channels", "I"),
        ("ticks", "Q"),  # as in FRAMED
        ("crc", "I"),
    ),
)

SHOW = Layout("show", (("inference", "I"), ("offset", "I")))
"""Stands in for a sensor: as PIXELS after a FRAME, but what is taken is sent in SENSED, too."""

SENSED = Layout("sensed", (("inference", "I"), ("offset", "I")))
"""Then bytes of the raw frame, from ``offset`` on. Sent once: what is lost is lost."""

PACKAGE_MAGIC = b"TEPK"
PACKAGE_FORMAT = 1
PACKAGE_DOWNGRADE = 1
"""Of MANIFEST's flags: it may replace a newer model."""
SLOT_HEAD = 512
"""Bytes of a device's slot before the content: manifest, signature, and room."""

MANIFEST = Layout(
    "manifest",
    (
        ("magic", "4s"),
        ("format", "I"),
        ("flags", "I"),
        ("vectors", "I"),  # of the self-test: inputs, then the outputs that they must have
        ("version", "Q"),  # major * 2**32 + minor * 2**16 + patch
        ("content_bytes", "I"),  # the image, then the vectors
        ("accuracy", "f"),  # of int8, on the test split or held out; NaN: not known
        ("architecture", "32s"),  # SHA-256 of the code's shape
        ("sha512", "64s"),  # of the content
        ("tflite", "32s"),  # SHA-256 of the .tflite file
        ("board", "48s"),
        ("name", "64s"),
    ),
)
"""What is signed. UPDATE_BEGIN sends it, then the signature (Ed25519, 64 bytes)."""

UPDATE_DATA = Layout("update_data", (("offset", "I"),))
"""Then bytes of the content, a multiple of 16 but for the last."""

UPDATE_DECIDE = Layout("update_decide", (("keep", "I"), ("slot", "i")))
"""1: the model on trial stays; 0: the one before it runs again. Nothing changes unless ``slot`` is
the one that runs, so that a second request rolls back no further."""

UPDATE_STATE = Layout(
    "update_state",
    (
        ("active", "i"),  # slot that runs; -1: the model that is compiled in
        ("previous", "i"),  # what runs again when it is rolled back
        ("trial", "I"),
        ("crashes", "I"),  # since it was activated
        ("received", "I"),  # bytes of the content that comes in
        ("slot_bytes", "I"),
        ("lasts", "I"),  # whether the slots outlast a restart
    ),
)
"""The answer to all of these; of VERSIONS with a MANIFEST of each slot (zeros: it holds none)."""

PACKED = Layout(
    "packed", (("inference", "I"), ("offset", "I"), ("bytes", "I"), ("codec", "B"), ("stride", "B"))
)
"""As WRITE, but the bytes behind are packed: ``bytes`` of the inputs from ``offset`` on, all of one
input. LZ4 and DELTA may refer to what of it has come before; ``stride`` is for all but LZ4.
PACKED_PIXELS and PACKED_SHOW have these fields, too, and do with bytes of the raw frame as PIXELS
and SHOW do; their codec is not LZ4, and they refer to none before them."""

PACK = Layout("pack", (("parts", "I"),))
"""1: what would be sent in LAYER and SENSED shall go in PART where that is smaller; 0: not, as from
HELLO on. PART has PACKED's fields, of which ``inference`` is the layer or the inference; it refers
to nothing before it, and its ``stride`` is for MASK the byte that is left out."""

CLASSIFIED = Layout("classified", (("class", "H"), ("score", "i")))
"""Answers CLASSIFY, which has INVOKE's fields: the largest element of the first output."""

NONCE_BYTES = 16

CHALLENGE = Layout("challenge", (("nonce", f"{NONCE_BYTES}s"),))
"""Begins an authenticated session; the host's nonce is random. Never sealed."""

CHALLENGED = Layout("challenged", (("nonce", f"{NONCE_BYTES}s"), ("device", "32s")))
"""The device's nonce, new for each new one of the host, and whose key to use."""

AUTHENTICATED = Layout("authenticated", (("random", "I"),))
"""Answers AUTH, the first request that is sealed with the session's key. ``random``: 1: the nonce
comes from a hardware source of random numbers; 0: from counters, so that it may come again after a
restart."""

SEAL = Layout("seal", (("counter", "I"), ("tag", "16s")))
"""Behind the payload of each sealed frame (see tinyedge/link/auth.py)."""

MONITOR_BINS = 16
MONITOR_CLASSES = 32

MONITORED = Layout(
    "monitored",
    (
        ("inferences", "I"),
        ("failed", "I"),  # of them, without an answer
        ("damaged", "I"),  # as of STATUS
        ("overruns", "I"),
        ("stack_peak", "I"),
        ("ticks_least", "Q"),
        ("ticks_most", "Q"),
        ("ticks", "Q"),  # of all inferences
        ("input_bytes", "Q"),
        ("input_sum", "q"),  # of their int8 values
        ("input_squares", "Q"),
    ),
)
"""Then u32 answers by confidence (MONITOR_BINS) and by class (MONITOR_CLASSES, the last for all
beyond), u64 input bytes by value (MONITOR_BINS), and u32 starts by Reset."""

STATUS = Layout(
    "status",
    (
        ("stack_peak", "I"),  # bytes
        ("arena_used", "I"),  # bytes
        ("inferences", "I"),  # times that te_model_invoke was called since boot
        ("damaged", "I"),  # frames dropped for their CRC or form since boot
        ("overruns", "I"),  # bytes lost because none read them in time since boot
    ),
)

ERROR = Layout("error", (("code", "I"), ("detail", "I")))
"""Then a text in UTF-8."""

HELLO = Layout(
    "hello",
    (
        ("firmware", "16s"),
        ("board", "48s"),
        ("runtime", "16s"),
        ("model", "64s"),
        ("sha256", "32s"),
        ("tick_source", "24s"),
        ("tick_measures", "16s"),
        ("tick_hz", "I"),
        ("arena_reserved", "I"),
        ("arena_used", "I"),
        ("max_payload", "I"),
        ("window", "I"),
        ("init_status", "I"),
        ("features", "I"),  # sum of Feature; from CODECS_AT on, of 1 << Codec, what it unpacks
        ("inputs", "I"),
        ("outputs", "I"),
    ),
)
"""Texts are padded with NUL. Then a TENSOR an input, a TENSOR an output, and, if ``init_status``
is not 0, the reason as text."""

TENSOR = Layout(
    "tensor",
    (
        ("bytes", "I"),
        ("dtype", "I"),
        ("rank", "I"),
        ("dims", f"{MAX_RANK * 4}s"),
        ("scale", "f"),
        ("zero_point", "i"),
    ),
)

DTYPES = ("int8", "uint8", "int16", "int32", "float32")
"""Names by te_dtype."""

LAYOUTS = tuple(value for value in list(globals().values()) if isinstance(value, Layout))
"""All of them, as they come here."""
