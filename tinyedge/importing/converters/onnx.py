"""An .onnx file -> float .tflite by onnx2tf."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinyedge.importing.converters.run import Job

_ONE = "export it with one input and one output, both float32"
_FLOAT = 1  # of onnx.TensorProto
# pictures that onnx2tf tries colour networks with: it downloads them if the folder has none
_PICTURES = "calibration_image_sample_data_20x128x128x3_float32.npy"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def convert(job: Job) -> tuple[list[Any], dict[str, Any]]:
    """Convert it, and let ONNX Runtime answer the inputs."""
    import onnx  # noqa: PLC0415

    try:
        model = onnx.load(str(job.model))
        onnx.checker.check_model(model)
    except Exception as error:  # noqa: BLE001 - whatever it meets in a file
        job.refuse(f"no ONNX model: {_reason(str(error))}", "export it again")
    name, own = _input(job, model)
    shape, first = job.layout(own)
    _convert(job, name, shape, first=first)
    answers = _answers(job, name, job.arranged(shape, first=first))
    if first and answers[0].ndim == 4:
        answers = [answer.transpose(0, 2, 3, 1) for answer in answers]  # as onnx2tf does
    return answers, {
        "input_shape": shape,
        "channels_moved": first,
        "converter": f"onnx2tf {metadata.version('onnx2tf')}",
        "framework": f"onnxruntime {metadata.version('onnxruntime')}",
    }


def _input(job: Job, model: Any) -> tuple[str, tuple[int | None, ...]]:
    """Name and shape of the only input; None where a size is free."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        job.refuse(f"it has {len(inputs)} inputs and {len(model.graph.output)} outputs", _ONE)
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type != _FLOAT:
        job.refuse(f'its input "{inputs[0].name}" is not float32', _ONE)
    sizes = tensor.shape.dim
    return inputs[0].name, tuple(d.dim_value if d.HasField("dim_value") else None for d in sizes)


def _convert(job: Job, name: str, shape: tuple[int, ...], *, first: bool) -> None:
    import onnx2tf  # noqa: PLC0415

    random = np.random.RandomState(1)
    np.save(_PICTURES, random.uniform(0, 1, (20, 128, 128, 3)).astype(np.float32))
    said = io.StringIO()
    made = job.out / "onnx2tf"
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            onnx2tf.convert(
                input_onnx_file_path=str(job.model),
                output_folder_path=str(made),
                overwrite_input_shape=[f"{name}:{','.join(map(str, (1, *shape)))}"],
                keep_shape_absolutely_input_names=None if first else [name],
                non_verbose=False,
                verbosity="error",
            )
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it ends the program where it refuses
        text = _COLOURS.sub("", said.getvalue())
        job.refuse(f"onnx2tf refuses it: {_reason(text, str(error))}", "replace what it names")
    (found,) = made.glob("*_float32.tflite")
    shutil.copy(found, job.tflite)


def _answers(job: Job, name: str, inputs: list[Any]) -> list[Any]:
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(str(job.model), providers=["CPUExecutionProvider"])
    return [session.run(None, {name: sample})[0] for sample in inputs]


def _reason(text: str, otherwise: str = "") -> str:
    """The lines of an error that say what and where."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return "; ".join(errors[:3]) or (lines or [otherwise])[0]
