"""Projects: what connectors, data sources and datasets belong to."""
