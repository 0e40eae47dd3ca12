"""The platform's own test of an object, such as a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._errors import NotFound, PlatformError, Refused
from ..wording import format_refusal

if TYPE_CHECKING:
    from ..context import Context
    from ..kind import Kind
    from ..values import Values

_NO_VERDICT: Final = (401, 403, 405, 407, 408, 425, 429)
"""Statuses that refuse the call, whatever it is that is tested."""


def run_test(kind: Kind, id_: str, values: Values, context: Context, what: str, *, is_optional: bool = False) -> None:
    """Have the platform test an object; `what` it tests is named in messages.

    With `is_optional` a platform that has no such test is content.

    Raises:
        PlatformError: the test failed, or could not be made.
    """
    label = kind.label(values)
    try:
        with context.blocking():
            context.session.client.try_source(f"{kind.collection.item_path(id_)}/test")
    except Refused as error:
        if is_optional and error.status in (404, 405, 501) and not isinstance(error, NotFound):
            return
        if isinstance(error, NotFound) or not 400 <= error.status < 500 or error.status in _NO_VERDICT:
            raise PlatformError(f"{label}: the {what} could not be tested: {error}") from None
        raise PlatformError(f"{label}: the {what} does not work: {format_refusal(error)}") from None
    except PlatformError as error:
        raise PlatformError(f"{label}: the {what} could not be tested: {error}") from None
