"""Every refusal of a device comes with the next step."""

import pytest

from tinyedge.link import complaints
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Code

UNKNOWN = 200


@pytest.mark.parametrize("code", [*Code, UNKNOWN])
def test_a_refusal_says_what_to_do(code: int) -> None:
    error = complaints.refused("dut", DeviceError(code, 1, ""))
    assert error.message.startswith("dut: the device ")
    assert error.hint
