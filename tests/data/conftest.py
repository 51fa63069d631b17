"""A server in the place of GitHub, and prepared sets that are made here."""

import http.server
import threading

import pytest

from minidiff.data import prepared
from tools import release_data


@pytest.fixture
def server():
    """Answers every request with `body`; `stall` and `cut` stop it half way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            if server.body is None:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            half = len(server.body) // 2
            self.wfile.write(server.body[:half])
            if server.stall.is_set():
                server.stalled.set()
                server.go_on.wait(30)
            elif not server.cut:
                self.wfile.write(server.body[half:])

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.body, server.asked, server.cut = None, [], False
    server.stall, server.stalled, server.go_on = (threading.Event() for _ in range(3))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """Nothing is at hand, and what is fetched goes here."""
    monkeypatch.delenv("MINIDIFF_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Releases sets made under tmp_path, which the package then expects; their zips."""
    for module in (prepared, release_data):
        monkeypatch.setattr(module, "DIGESTS", tmp_path / "digests")
    monkeypatch.setenv("MINIDIFF_DATA", str(tmp_path))

    def make(*names):
        monkeypatch.setattr(release_data, "SETS", {name: ["MIT"] for name in names})
        release_data.make(tmp_path, tmp_path / "zips")
        return [(tmp_path / "zips" / f"{name}.zip").read_bytes() for name in names]

    return make
