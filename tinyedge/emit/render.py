"""The one Jinja environment: templates print, Python decides."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tinyedge import resources

if TYPE_CHECKING:
    import jinja2


@cache
def environment() -> jinja2.Environment:
    """Templates of firmware_templates/: undefined names are errors, ``%%`` starts a statement."""
    import jinja2  # noqa: PLC0415  not every command renders

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.root("firmware_templates")),
        undefined=jinja2.StrictUndefined,
        line_statement_prefix="%%",
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,  # noqa: S701  C and make, not HTML
    )


def render(template: str, view: object) -> str:
    """Render ``template`` (a path below firmware_templates/) with one frozen ``view``."""
    return environment().get_template(template).render(view=view)
