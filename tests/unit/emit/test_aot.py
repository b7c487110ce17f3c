"""The aot runtime's files: whatever a model is called, they compile and say what they are."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.support import native
from tests.support.tflite_writer import ModelWriter
from tinyedge import workspace
from tinyedge.compile import Options, compile_graph
from tinyedge.compile.plan import Plan
from tinyedge.emit import aot
from tinyedge.graph.read_tflite import read
from tinyedge.graph.types import Graph

HOSTILE = ['*/ int x; /*"', 'a"; #error \\', "line\n#error no", "what??/\n", "числа", "", "9" * 200]


def _model(name: str = "model") -> tuple[Graph, Plan, bytes]:
    writer = ModelWriter()
    x = writer.input((1, 2, 2, 3), 0.05, 3)
    weights = np.arange(24, dtype=np.int8).reshape(2, 12)
    y = writer.fully_connected(
        writer.reshape(x, (1, 12)), weights, 0.02, None, scale=1, zero_point=0
    )
    for tensor in writer.graph.tensors:
        tensor.name = name
    data = writer.finish(writer.relu6(y))
    graph = read(data, name)
    return graph, compile_graph(graph, "host", Options(portable=True)), data


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_break_the_c(name: str, tmp_path: Path) -> None:
    graph, plan, data = _model(name)
    program = native.program(graph, plan, data, tmp_path)
    inputs = [np.zeros((1, 2, 2, 3), np.int8)]
    assert native.answer(program, plan, inputs)[0].size == 2


def test_only_the_kernels_in_use() -> None:
    files = aot.render(*_model())
    sources = {Path(name).name for name in files if name.startswith("runtime/portable/te_")}
    assert {name for name in sources if name.endswith(".c")} == {
        "te_fully_connected.c",
        "te_lookup.c",
    }


def test_the_array_is_the_file(tmp_path: Path) -> None:
    files = aot.render(*_model("My model-2"))
    workspace.write_tree(tmp_path, files)
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "model/My_model_2_model_data.h"\n'
        "int main(void) {\n"
        "  fwrite(g_My_model_2_model_data, 1, g_My_model_2_model_data_len, stdout);\n"
        "  return ((unsigned long)g_My_model_2_model_data & 15) != 0;\n}\n"
    )
    program = tmp_path / "program"
    source = tmp_path / "model" / "My_model_2_model_data.c"
    subprocess.run(
        ["gcc", *native.WARNINGS, str(main), str(source), "-o", str(program)], check=True
    )
    shown = subprocess.run([str(program)], capture_output=True, check=True)
    assert shown.stdout == _model("My model-2")[2]


def test_a_runtime_of_another_version_is_refused(tmp_path: Path) -> None:
    graph, plan, data = _model()
    files = aot.render(graph, plan, data)
    changed = files["runtime/te_aot.h"].replace("TE_AOT_VERSION 3", "TE_AOT_VERSION 4")
    assert changed != files["runtime/te_aot.h"]
    workspace.write_tree(tmp_path, {**files, "runtime/te_aot.h": changed})
    include = [f"-I{tmp_path / folder}" for folder in ("model", "runtime", "runtime/portable")]
    headers = Path(__file__).parents[3] / "firmware_templates" / "include"
    done = subprocess.run(
        ["gcc", "-c", *include, f"-I{headers}", str(tmp_path / "model/model.c"), "-o", "/dev/null"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "run `tinyedge generate` again" in done.stderr


def test_observer_sees_every_step(tmp_path: Path) -> None:
    graph, plan, data = _model()
    program = native.program(graph, plan, data, tmp_path, "-DTE_OBSERVE")
    done = subprocess.run([str(program)], input=bytes(12), capture_output=True, check=True)
    assert done.stderr.decode().split("\n")[:-1] == [f"{i} 7" for i in range(len(plan.steps))]
