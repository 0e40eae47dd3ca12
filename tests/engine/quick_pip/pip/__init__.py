"""Stands before the real `pip` on the path of the tests' engine runs, for `__main__`; all else is the real one's."""

import pkgutil

__path__ = pkgutil.extend_path(__path__, __name__)


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import version

    return version("pip")
