"""View -> HTML and Markdown. The page carries its style and drawings: it needs no network."""

from __future__ import annotations

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape  # what jinja2 escapes with

from tinyedge.report.charts import ArenaPicture, arena_map
from tinyedge.report.data import ReportData
from tinyedge.report.view import view
from tinyedge.results import InspectReport

#: of the arena's drawing, in SVG user units
_WIDTH, _HEIGHT = 1000, 500


def html(data: ReportData) -> str:
    """One self-contained page; names from files are escaped, and no script but ours may run."""
    environment = _environment(autoescape=True)
    environment.filters["breaks"] = breakable
    assert environment.loader is not None
    script, _, _ = environment.loader.get_source(environment, "sort.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        view=view(data),
        script=script,
        script_hash=f"sha256-{digest}",
    )


def markdown(data: ReportData) -> str:
    """The same figures as GitHub-flavoured Markdown tables."""
    environment = _environment(autoescape=False)
    environment.filters["md"] = escape_markdown
    return environment.get_template("report.md.j2").render(view=view(data))


def arena_svg(report: InspectReport) -> str:
    """The arena over time, as an SVG picture of its own. The report must have a plan."""
    steps = 1 + max(block.last_step for block in report.arena)
    drawing = arena_map(report.arena, report.arena_bytes or 0, steps)
    title = f"Arena of {report.model}: {report.arena_bytes or 0:,} bytes over the steps"
    template = _environment(autoescape=True).get_template("arena.svg.j2")
    return template.render(view=ArenaPicture(title, drawing, _WIDTH, _HEIGHT))


def escape_markdown(text: str) -> str:
    """Keep a name from a file from ending a table's cell or starting markup."""
    for special in "\\`*_|<>[]":
        text = text.replace(special, "\\" + special)
    return " ".join(text.split())


def breakable(text: str) -> str:
    """A name that may break behind its underscores; escaped here, since it becomes markup."""
    escaped = str(escape(text)).replace("_", "_<wbr>")
    return Markup(escaped)  # noqa: S704 - escaped above


def _environment(autoescape: bool) -> Environment:
    return Environment(
        loader=PackageLoader("tinyedge.report"),
        autoescape=autoescape,  # noqa: S701 - off for Markdown, which has its own filter
        undefined=StrictUndefined,
        line_statement_prefix="%%",  # which eats blank lines that follow: HTML only
        keep_trailing_newline=True,
        trim_blocks=True,
    )
