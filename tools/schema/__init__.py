"""The schema of the plugin, made from the kinds and from the docstrings of the typed classes and lookups."""
