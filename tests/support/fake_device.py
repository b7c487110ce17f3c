"""A device without a link: what ``validate`` and ``bench`` ask of a session."""

from collections.abc import Sequence
from typing import cast

import numpy as np

from tinyedge.graph.types import Graph
from tinyedge.link.messages import Hello, Inference, Status, TensorInfo
from tinyedge.link.protocol import PROTOCOL_VERSION, Feature
from tinyedge.link.session import Session
from tinyedge.link.traffic import Traffic
from tinyedge.oracle import Oracle


class FakeDevice:
    """Answers what the reference answers, but for ``wrong`` samples; ``ticks`` go round."""

    def __init__(
        self,
        graph: Graph,
        tflite: bytes,
        wrong: Sequence[int] = (),
        ticks: Sequence[int] = (100,),
        tick_hz: int = 1_000_000_000,
    ) -> None:
        self._oracle, self._graph = Oracle(tflite), graph
        self._wrong, self._ticks, self._count = set(wrong), ticks, 0
        self._traffic = Traffic(frames_sent=7, round_trips=[9.0])  # an earlier conversation
        tensors = [
            tuple(TensorInfo(t.shape, t.dtype.value, t.bytes, 1.0, 0) for t in tensors)
            for tensors in (graph.inputs, graph.outputs)
        ]
        self.hello = Hello(
            protocol=PROTOCOL_VERSION,
            firmware="0.1.0",
            board="netduinoplus2",
            runtime="aot",
            model=graph.name,
            sha256=graph.sha256,
            tick_source="tim2",
            tick_measures="instructions",
            tick_hz=tick_hz,
            arena_reserved=512,
            arena_used=500,
            max_payload=512,
            window=1024,
            init_status=0,
            init_error="",
            features=Feature(0),
            codecs=frozenset(),
            inputs=tensors[0],
            outputs=tensors[1],
        )

    @property
    def session(self) -> Session:
        return cast("Session", self)

    def infer(self, inputs: Sequence[bytes]) -> Inference:
        tensors = self._graph.inputs
        arrays = [
            np.frombuffer(data, tensor.dtype.value)
            for data, tensor in zip(inputs, tensors, strict=True)
        ]
        outputs = [bytearray(array.tobytes()) for array in self._oracle.run(arrays)]
        if self._count in self._wrong:
            outputs[0][-1] ^= 0x01
        ticks = self._ticks[self._count % len(self._ticks)]
        self._count += 1
        self._traffic.frames_sent += 1
        self._traffic.round_trips.append(self._count / 1000)
        return Inference(tuple(map(bytes, outputs)), ticks)

    def classify(self, inputs: Sequence[bytes]) -> tuple[int, int]:
        output = np.frombuffer(self.infer(inputs).outputs[0], self._graph.outputs[0].dtype.value)
        return int(output.argmax()), int(output.max())

    @property
    def traffic(self) -> Traffic:
        return self._traffic.copy()

    def status(self) -> Status:
        return Status(
            stack_peak=344,
            arena_used=500,
            inferences=self._count,
            damaged=3 + self._count,
            overruns=0,
        )
