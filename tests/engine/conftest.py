"""Fixtures for tests on the real engine."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from previsionio_local import LocalPlatform

from tests.engine.objects import Objects
from tests.engine.pulumi_cli import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder that holds `pulumi`, found or built as `make engine` does."""
    build = [ROOT / "tools" / "engine" / "build.sh"]
    return Path(subprocess.run(build, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[LocalPlatform]:
    with LocalPlatform() as platform:
        yield platform


@pytest.fixture
def platform(shared_platform: LocalPlatform) -> LocalPlatform:
    """A local platform with an empty default project; it updates in place."""
    shared_platform.reset()
    return shared_platform


@pytest.fixture
def replacing_platform() -> Iterator[LocalPlatform]:
    """A platform that offers no update in place, as the hosted one: every change is a replacement."""
    with LocalPlatform(update=False) as platform:
        yield platform


@pytest.fixture
def objects(platform: LocalPlatform) -> Objects:
    """What is on the platform, and changes made to it behind the stack's back."""
    return Objects(platform)


@pytest.fixture
def new_stack(engine: Path, tmp_path: Path) -> Callable[..., Stack]:
    """Makes a stack in the folder of that name, aimed at a platform if there is one."""

    def make(name: str, platform: LocalPlatform | None = None, project: str = "test") -> Stack:
        stack = Stack(tmp_path / name, engine, project=project)
        if platform:
            stack.environment |= {
                "PREVISION_URL": platform.url,
                "PREVISION_MASTER_TOKEN": platform.token,
                "PREVISION_PROJECT_ID": platform.project_id,
            }
        return stack

    return make


@pytest.fixture
def bare_stack(new_stack: Callable[..., Stack]) -> Stack:
    """A stack without settings for a platform."""
    return new_stack("stack")


@pytest.fixture
def stack(new_stack: Callable[..., Stack], platform: LocalPlatform) -> Stack:
    """A stack aimed at `platform` by environment variables."""
    return new_stack("stack", platform)
