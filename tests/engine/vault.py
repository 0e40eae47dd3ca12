"""A stand-in for HashiCorp's Vault, with which the tests' engine runs keep the key of their stacks' secrets.

A key that is made of a passphrase takes the engine a million rounds of SHA-256 in each run, a seventh of all that the
run computes; a key that is kept takes a call. The engine asks for two things only: to encrypt and to decrypt a key.
"""

import atexit
import json
import secrets
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROVIDER = "--secrets-provider=hashivault://tests"
"""For `pulumi stack init`. What follows a page or an example has a passphrase, as its reader."""

_kept: dict[str, str] = {}


class _Transit(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/v1/transit/encrypt/"):
            ciphertext = f"vault:v1:{secrets.token_urlsafe()}"
            _kept[ciphertext] = asked["plaintext"]
            data = {"ciphertext": ciphertext}
        else:
            data = {"plaintext": _kept[asked["ciphertext"]]}
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@cache
def environment() -> dict[str, str]:
    """What tells the engine of a vault that lives as long as this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Transit)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "VAULT_SERVER_TOKEN": "only for tests"}
