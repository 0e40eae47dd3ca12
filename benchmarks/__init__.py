"""Benchmarks: our provider beside one that does nothing and one that is written the plain way. See `__main__`."""
