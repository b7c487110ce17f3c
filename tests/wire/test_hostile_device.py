"""A device that answers with anything, under the right numbers: LinkError, or what fits."""

import contextlib
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.wire_device import FakeDevice
from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.session import Deadlines, Session

QUICK = Deadlines(0.02, 0.02, 0.02, repeat_s=0.005)
_TEXTS = 216  # bytes of HELLO before its numbers
_NUMBERS = st.sampled_from([0, 1, 2, 4, 16, 255, 2048, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
_WORDS = st.lists(_NUMBERS, max_size=80).map(
    lambda words: b"".join(word.to_bytes(4, "little") for word in words)
)
Lie = Callable[[bytes], bytes]


def _patched(at: int, value: int) -> Lie:
    """The honest payload, but for one word."""
    return lambda honest: honest[:at] + value.to_bytes(4, "little") + honest[at + 4 :]


_WORD_OF_HELLO = st.integers(
    _TEXTS // 4, (payloads.HELLO.size + 2 * payloads.TENSOR.size) // 4
).map(lambda word: 4 * word)
_LIES = st.one_of(
    st.builds(_patched, _WORD_OF_HELLO, _NUMBERS),
    st.builds(_patched, st.integers(0, 20), _NUMBERS),
    st.one_of(st.binary(max_size=300), _WORDS).map(lambda payload: lambda _: payload),
    st.integers(0, 300).map(lambda size: lambda honest: honest[:size]),
)


class Liar(FakeDevice):
    """Answers each request as it should, or with a payload or a type of somebody else's choice."""

    def __init__(self, lies: dict[int, tuple[int | None, Lie]]) -> None:
        super().__init__((4, 3))
        self._lies, self._count = lies, 0

    def _answer(self, frame: Frame) -> Frame:
        honest = super()._answer(frame)
        lie = self._lies.get(self._count)
        self._count += 1
        if lie is None:
            return honest
        kind, changed = lie
        payload = changed(honest.payload)
        return Frame(honest.type if kind is None else kind, frame.sequence, payload)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.integers(0, 6),
        st.tuples(
            st.one_of(st.none(), st.none(), st.none(), st.sampled_from([*p.Type, 0x83, 0x84])),
            _LIES,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_it_answers_the_host_gets_an_error_or_an_answer_that_fits(
    lies: dict[int, tuple[int | None, Lie]],
) -> None:
    with contextlib.suppress(LinkError), Session(Liar(lies), deadlines=QUICK) as session:
        sizes = [tensor.bytes for tensor in session.hello.outputs]
        given_bytes = [tensor.bytes for tensor in session.hello.inputs]
        if sum(given_bytes) > 1 << 16:
            return  # it says that it takes that much: nobody would send it
        answer = session.infer([bytes(size) for size in given_bytes])
        assert [len(output) for output in answer.outputs] == sizes
        session.status()


def test_a_stream_in_the_middle_of_a_session_is_not_taken_for_an_answer() -> None:
    device = Liar({})
    with Session(device) as session:
        device.sends.append(b"\0".join(encode(Frame(kind, 0, b"")) for kind in (0x55, p.Type.LOG)))
        assert session.infer([b"abcd", b"efg"]).outputs == (b"gfedcba",)
