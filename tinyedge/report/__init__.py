"""Results -> one self-contained HTML page, a Markdown table, and the drawing of an arena."""

from tinyedge.report.data import Example, Provenance, ReportData
from tinyedge.report.render import arena_svg, html, markdown

__all__ = ["Example", "Provenance", "ReportData", "arena_svg", "html", "markdown"]
