"""Data sources: a connector completed by a table, a query, a file or an object."""
