"""Stands before the real `pip` on the path of the tests' engine runs: see `__main__`."""
