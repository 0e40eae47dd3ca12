"""The page to look at: what the platform holds and hears, for a browser with a session. It makes nothing by hand."""
