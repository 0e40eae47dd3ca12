"""The proxy that breaks connections breaks them in the way that it is told."""

import http.server
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.servers.fault_proxy import FaultProxy

BODY = b"x" * 100_000


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        with FaultProxy("127.0.0.1", server.server_port) as proxy:
            yield proxy
        server.shutdown()


def get(proxy: FaultProxy, timeout: float = 10) -> bytes:
    return requests.get(f"http://{proxy.host}:{proxy.port}", timeout=timeout).content


def test_passes_everything_on_without_a_fault(proxy: FaultProxy) -> None:
    assert get(proxy) == BODY
    assert proxy.connections == 1


def test_latency(proxy: FaultProxy) -> None:
    proxy.latency = 0.1
    begin = time.monotonic()
    assert get(proxy) == BODY
    assert time.monotonic() - begin >= 0.2  # there and back


@pytest.mark.parametrize("after", [0, 10_000])
def test_reset_and_close(proxy: FaultProxy, after: int) -> None:
    broken = requests.ConnectionError if after == 0 else requests.exceptions.ChunkedEncodingError
    proxy.reset_after = after
    with pytest.raises(broken, match="reset"):
        get(proxy)
    proxy.reset_after, proxy.close_after = None, after
    with pytest.raises(broken, match=r"closed|IncompleteRead"):
        get(proxy)


def test_blackhole(proxy: FaultProxy) -> None:
    proxy.blackhole = True
    with pytest.raises(requests.ReadTimeout):
        get(proxy, timeout=0.1)
    proxy.blackhole = False
    assert get(proxy) == BODY


def test_refuse(proxy: FaultProxy) -> None:
    proxy.refuse = True
    with pytest.raises(requests.ConnectionError, match="reset"):
        get(proxy)
