"""Results -> one self-contained HTML page and a Markdown table."""

from tinyedge.report.data import Provenance, ReportData
from tinyedge.report.render import html, markdown

__all__ = ["Provenance", "ReportData", "html", "markdown"]
