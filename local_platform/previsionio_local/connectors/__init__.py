"""Connectors: how to reach a source, with credentials."""
