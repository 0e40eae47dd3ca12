"""How fast the local platform is with many objects, and how fast it copies rows. See `__main__`."""
