"""Looks for secrets in text, also as they look when something has quoted or encoded them on the way."""

import base64
import json
import urllib.parse
from collections.abc import Iterable


def leaked(secrets: Iterable[str], text: str) -> list[str]:
    """Those of the secrets that the text holds in any form."""
    return [secret for secret in secrets if any(form in text for form in _forms(secret))]


def _forms(secret: str) -> set[str]:
    forms = {secret, repr(secret)[1:-1], urllib.parse.quote(secret), urllib.parse.quote(secret, safe="")}
    forms.add(base64.b64encode(secret.encode()).decode().rstrip("="))
    for _ in range(2):  # state holds secrets as JSON text inside JSON
        forms |= {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in forms for ascii_only in (True, False)}
    return forms
