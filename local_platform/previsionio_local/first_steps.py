"""What the command prints when it is ready: the way in for a person, and for a program."""

from __future__ import annotations

import shlex
from pathlib import Path

from .seeding import default_project
from .state import State

ADDRESS = "address"
"""The file of the data folder that holds the platform's address while it runs, and the last one afterwards."""


def last_port(data: Path) -> int:
    """Return the port that the platform of a folder had last, so that what names its address goes on; 0 at first."""
    try:
        port = int((data / ADDRESS).read_text("ascii").rpartition(":")[2])
    except (OSError, ValueError):
        return 0
    return port if 0 < port < 65536 else 0


def sign_in_link(state: State) -> str:
    """Return a link that signs a browser in once."""
    return f"{state.url}/sign-in?code={state.sign_ins.new_code()}"


def first_steps(state: State) -> str:
    """Return the lines to print."""
    project = default_project(state)
    file = state.settings.data.absolute() / "token"
    if state.settings.token is None:
        where, token = str(file), f"pulumi config set --secret previsionio:token < {shlex.quote(str(file))}"
    else:
        where = "PREVISION_MASTER_TOKEN"
        token = "printenv PREVISION_MASTER_TOKEN | pulumi config set --secret previsionio:token"  # noqa: S105
    return "\n".join(
        [
            f"previsionio-local is ready at {state.url}",
            "",
            f"  look at it   {sign_in_link(state)}",
            f"  token        in {where}",
            f"  project      {project}",
            "",
            "To use it in a Pulumi program:",
            "",
            f"  pulumi config set previsionio:url {state.url}",
            f"  {token}",
            f"  pulumi config set previsionio:projectId {project}",
        ]
    )
