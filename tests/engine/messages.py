"""What the person at the terminal is told when a run fails."""

from tests.engine.pulumi_cli import Run


def the_error(run: Run) -> str:
    """The one line."""
    (message,) = errors(run).values()
    return message


def errors(run: Run) -> dict[str, str]:
    """Resource → its one line; fails when there are more of them, or anything beside."""
    found = [diagnostic for diagnostic in run.diagnostics if diagnostic.severity == "error" and diagnostic.urn]
    named = {diagnostic.urn.rsplit("::", 1)[1]: diagnostic.message for diagnostic in found}
    assert len(named) == len(found), run.stdout
    assert set(named.values()) == set(run.errors), run.stdout
    assert not any("\n" in message for message in named.values()), run.stdout
    assert "Traceback" not in run.everything
    return named
