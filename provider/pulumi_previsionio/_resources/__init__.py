"""What programs write: typed classes, components, lookups, the explicit provider."""
