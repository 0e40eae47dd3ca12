"""Pages from templates, with headers that keep other sites and scripts out."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent

STATIC = _HERE / "static"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a template as an answer."""
    return HTMLResponse(_environment().get_template(template).render(values), status, HEADERS)


def sign_in_page() -> HTMLResponse:
    """Return what a browser without a session gets."""
    return page("sign_in.html", 401)


@functools.cache
def _environment() -> Environment:
    # Programs need no templates.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["time"] = lambda at: f"{at[:10]} {at[11:19]} UTC"
    return environment
