"""`previsionio-local status`: what a running platform holds, for a terminal. Asks the platform, and imports little."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SECONDS = 10.0


class NotRunningError(RuntimeError):
    """No platform runs on the folder, or it does not take the token. The message is one line."""


def report(data: Path, token: str | None) -> str:
    """Return the lines to print.

    Raises:
        NotRunningError: there is nothing to tell.
    """
    try:
        url = (data / "address").read_text("ascii").strip()
        token = token or (data / "token").read_text("ascii").strip()
    except (OSError, ValueError):
        raise NotRunningError(f"no platform has run on {data} with the token that is there; name its --data") from None
    overview = _ask("GET", f"{url}/_local/overview", token, data)
    link = _ask("POST", f"{url}/_local/sign-in", token, data)["url"]
    return "\n".join([f"previsionio-local {overview['version']} at {url}", f"look at it: {link}", *_lines(overview)])


def _ask(method: str, url: str, token: str, data: Path) -> Any:
    request = urllib.request.Request(url, method=method, headers={"Authorization": token})  # noqa: S310 - ours
    # A proxy of the user's has no business with loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        error.close()
        raise NotRunningError(f"{url} answers {error.code}: is another token in PREVISION_MASTER_TOKEN?") from None
    except (OSError, ValueError):
        raise NotRunningError(f"no platform runs on {data}: start it with `previsionio-local --data {data}`") from None


def _lines(overview: dict[str, Any]) -> Iterator[str]:
    for project in overview["projects"]:
        yield ""
        yield _one_line(f"project {project['name']} ({project['id']})")
        for title in ("connectors", "data_sources", "datasets"):
            found = project[title]
            if not found["total"]:
                continue
            yield f"  {title.replace('_', ' ')}"
            width = min(30, max(len(each["name"]) for each in found["items"]))
            for each in found["items"]:
                yield _one_line(f"    {each['name']:<{width}}  {each['what']}  {each['state']}")
            if (more := found["total"] - len(found["items"])) > 0:
                yield f"    and {more} more"


def _one_line(text: str) -> str:
    """Keep characters that act on a terminal out of it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
