"""How the platform is asked: settings, HTTP, what one process remembers. Knows collections, not kinds."""
