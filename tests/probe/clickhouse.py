"""A front of HTTP before the engine inside this process, so that the library for servers has one to speak with.

It is no ClickHouse server: it hands statements on and gives back what the engine says, in the shape that was asked for.
"""

import base64
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_SHAPE = re.compile(r"\s+FORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_INSERT = re.compile(r"\s*INSERT\s+INTO\s+(\S+)\s*(?:\([^)]*\))?\s*FORMAT\s+(\w+)\s*", re.IGNORECASE)


@contextmanager
def serving(folder: Path, *, user: str, password: str) -> Iterator[str]:
    from chdb.session import Session

    session, one_at_a_time = Session(str(folder)), threading.Lock()
    session.query("CREATE DATABASE IF NOT EXISTS shop")

    def told(statement: str, body: bytes) -> bytes:
        if found := _INSERT.match(statement):
            with tempfile.NamedTemporaryFile() as rows:
                rows.write(body)
                rows.flush()
                table = found[1].replace("`", "")
                kinds = session.query(f"SELECT name || ' ' || type FROM system.columns WHERE database || '.' || table = "
                                      f"'{table if '.' in table else 'shop.' + table}' ORDER BY position",
                                      "TabSeparatedRaw").data().strip().split("\n")  # fmt: skip
                structure = ", ".join(kinds).replace("'", "\\'")
                source = f"file('{rows.name}', '{found[2]}', '{structure}')"
                return bytes(session.query(f"INSERT INTO {table} SELECT * FROM {source}", "TabSeparated").bytes())
        shape = _SHAPE.search(statement)
        return bytes(session.query(_SHAPE.sub("", statement), shape[1] if shape else "TabSeparated").bytes())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_given: Any) -> None: ...

        def body(self) -> bytes:
            if self.headers.get("transfer-encoding") == "chunked":
                whole = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole
            return self.rfile.read(int(self.headers.get("content-length", 0)))

        def answer(self) -> None:
            asked, body = dict(parse_qsl(urlsplit(self.path).query)), self.body()
            shown = base64.b64encode(f"{user}:{password}".encode()).decode()
            if urlsplit(self.path).path != "/ping" and self.headers.get("authorization") != f"Basic {shown}":
                status, said = 401, b"Code: 516. DB::Exception: Authentication failed"
            else:
                statement = asked.pop("query", None)
                if statement is None:
                    statement, body = body.decode(), b""
                elif not _INSERT.match(statement) and body:
                    statement, body = statement + body.decode(), b""
                plain = [f"{name} = {value}" for name, value in asked.items() if name.startswith("output_format_json")]
                if plain and (shape := _SHAPE.search(statement)):
                    statement = f"{_SHAPE.sub('', statement)} SETTINGS {', '.join(plain)} FORMAT {shape[1]}"
                with one_at_a_time:
                    try:
                        session.query(f"USE {asked.get('database', 'shop')}")
                        status, said = 200, told(statement, body)
                    except RuntimeError as error:
                        status, said = 500, str(error).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.send_header("x-clickhouse-summary", "{}")
            self.send_header("x-clickhouse-timezone", "UTC")
            if status != 200:
                self.send_header("x-clickhouse-exception-code", "1")
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = answer

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{user}:{password}@127.0.0.1:{server.server_address[1]}/shop"
        finally:
            server.shutdown()
            thread.join()
            session.close()
