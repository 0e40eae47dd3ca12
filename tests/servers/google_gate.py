"""Google's front door for emulators that let everybody in: checks service accounts, then passes requests on.

A client signs a JSON Web Token with its service account's private key and exchanges it at `/token` for an access
token, as with Google (RFC 7523).  Only requests with such a token reach the emulators: BigQuery's paths one, all
others, Cloud Storage's, the other.

Used as a program, with one JSON object as argument:

* `port`: to listen on; `storage` and `bigquery`: ports of the emulators.
* `accounts`: e-mail address of each service account and its public key (PEM).
"""

from __future__ import annotations

import json
import secrets
import sys
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt

HOST = "127.0.0.1"
LIFETIME = 3600
AUDIENCES = ["https://oauth2.googleapis.com/token"]
"""What google-auth signs for, whatever address it then sends the token to."""

CHUNK = 256 * 1024
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class RefusedError(Exception):
    """A token request that does not hold; the text is what Google would say."""


class Gate(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, storage: int, bigquery: int, accounts: dict[str, str]) -> None:
        super().__init__((HOST, port), Handler)
        self.storage = storage
        self.bigquery = bigquery
        self.accounts = accounts
        self.access_tokens: set[str] = set()

    def issue_token(self, assertion: str) -> str:
        try:
            claimed = jwt.decode(assertion, options={"verify_signature": False})
            key = self.accounts[claimed["iss"]]
        except (jwt.InvalidTokenError, KeyError):
            raise RefusedError("Invalid grant: account not found") from None
        try:
            jwt.decode(assertion, key, ["RS256"], audience=AUDIENCES, options={"require": ["exp", "iat", "iss", "aud"]})
        except jwt.InvalidSignatureError:
            raise RefusedError("Invalid JWT Signature.") from None
        except jwt.InvalidTokenError as error:
            raise RefusedError(f"Invalid JWT: {error}") from None
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.access_tokens.add(token)
        return token


class Handler(BaseHTTPRequestHandler):
    server: Gate
    protocol_version = "HTTP/1.1"
    # Without these two every answer waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_any(self) -> None:
        body = self._read_body()
        if self.path == "/token":
            self._exchange(body)
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.server.access_tokens:
            self._answer(
                401,
                {
                    "error": {
                        "code": 401,
                        "message": "Request had invalid authentication credentials.",
                        "status": "UNAUTHENTICATED",
                        "errors": [{"reason": "authError", "message": "Invalid Credentials", "domain": "global"}],
                    }
                },
            )
        else:
            self._pass_on(body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: there may be a token in it."""

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _exchange(self, body: bytes) -> None:
        form = parse_qs(body.decode())
        if form.get("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"] or "assertion" not in form:
            self._answer(400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"})
            return
        try:
            token = self.server.issue_token(form["assertion"][0])
        except RefusedError as reason:
            self._answer(400, {"error": "invalid_grant", "error_description": str(reason)})
            return
        self._answer(200, {"access_token": token, "expires_in": LIFETIME, "token_type": "Bearer"})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _pass_on(self, body: bytes) -> None:
        is_bigquery = self.path.startswith(("/bigquery/", "/upload/bigquery/", "/resumable/upload/bigquery/"))
        backend = HTTPConnection(HOST, self.server.bigquery if is_bigquery else self.server.storage, timeout=60)
        try:
            # The client's own Host stays: the emulators put it into the addresses that they answer with.
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            headers["Content-Length"] = str(len(body))
            backend.request(self.command, self.path, body, headers)
            self._pass_back(backend.getresponse())
        finally:
            backend.close()

    def _pass_back(self, response: HTTPResponse) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if response.length is not None or self.command == "HEAD":
            self.send_header("Content-Length", response.getheader("Content-Length") or str(response.length or 0))
            self.end_headers()
            while chunk := response.read(CHUNK):
                self.wfile.write(chunk)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while chunk := response.read1(CHUNK):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")


if __name__ == "__main__":
    Gate(**json.loads(sys.argv[1])).serve_forever()
