"""What must hold of a program between any two passes."""

from __future__ import annotations

from tinyedge.compile.program import Program


def check(program: Program) -> None:
    """Raise AssertionError if a value is read before it is written, or written twice or never.

    The message names the node; a failure is an error in the pass that ran last.
    """
    written = {id(value) for value in program.inputs}
    for node in program.nodes:
        for value in node.activations:
            assert id(value) in written, f"{node.name} reads {value.name} before it is written"
        assert node.output.data is None, f"{node.name} writes the constant {node.output.name}"
        assert id(node.output) not in written, f"{node.name} writes {node.output.name} again"
        written.add(id(node.output))
    for value in program.outputs:
        assert id(value) in written, f"output {value.name} is never written"
