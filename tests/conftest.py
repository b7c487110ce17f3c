"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        action="append",
        help="where tests/target runs: host, a board's id, or a URL (default: all emulated)",
    )
