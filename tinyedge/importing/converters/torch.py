"""A .pt2 of torch.export -> float .tflite by litert-torch."""

from __future__ import annotations

import os
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinyedge.importing.converters.run import Job

_ONE = "export it with one input and one output, both float32"
_EXPORT = "write torch.export.save(torch.export.export(model.eval(), (example,)), path)"
os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"  # example inputs are pickled: never unpickle


def convert(job: Job) -> tuple[list[Any], dict[str, Any]]:
    """Convert it, and let PyTorch answer the inputs."""
    import litert_torch  # noqa: PLC0415
    import torch  # noqa: PLC0415

    try:
        program = torch.export.load(str(job.model))
        network = program.module(check_guards=False)  # guards are code that the file brings
    except Exception as error:  # noqa: BLE001 - whatever it meets in a file
        job.refuse(f"no program of torch.export: {_reason(error)}", _EXPORT)
    shape, first = job.layout(_shape(job, program))
    inputs = [torch.from_numpy(sample) for sample in job.arranged(shape, first=first)]
    with torch.no_grad():
        answers = [network(sample) for sample in inputs]
    if not isinstance(answers[0], torch.Tensor):
        job.refuse("its output is no tensor", _ONE)
    shown = litert_torch.to_channel_last_io(network, args=[0]) if first else network
    example = inputs[0].permute(0, 2, 3, 1).contiguous() if first else inputs[0]
    try:
        litert_torch.convert(shown, (example,)).export(str(job.tflite))
    except Exception as error:  # noqa: BLE001 - whatever it meets in a file
        job.refuse(f"litert-torch refuses it: {_reason(error)}", "replace what it names")
    return [answer.numpy() for answer in answers], {
        "input_shape": shape,
        "channels_moved": first,
        "converter": f"litert-torch {metadata.version('litert-torch')}",
        "framework": f"torch {torch.__version__}",
    }


def _shape(job: Job, program: Any) -> tuple[int | None, ...]:
    """Of the only input, with the batch; None where a size is free."""
    signature = program.graph_signature
    inputs = set(signature.user_inputs)
    values = [
        node.meta["val"]
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in inputs
    ]
    if len(values) != 1 or len(signature.user_outputs) != 1:
        counts = f"{len(values)} inputs and {len(signature.user_outputs)} outputs"
        job.refuse(f"it has {counts}", _ONE)
    if str(values[0].dtype) != "torch.float32":
        job.refuse(f"its input is {values[0].dtype}", _ONE)
    return tuple(size if isinstance(size, int) else None for size in values[0].shape)


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0]
