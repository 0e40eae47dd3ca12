"""`python -m tools.schema` writes the plugin's schema anew."""

import sys

from pulumi_previsionio._native.servicer import SCHEMA

from .make import schema_text

SCHEMA.write_text(schema_text(), encoding="utf-8")
print(f"wrote {SCHEMA}", file=sys.stderr)
