"""An S3 to test against: keeps objects in memory and a ledger of its own, checks each signature, and fails when it is told to.

The signature is worked out here once more, from what was sent and the documentation, not by the code that is tested.
"""

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, SECRET, REGION = "test-key", "test-secret/+", "ap-northeast-2"


@dataclass
class Fake:
    """`trouble` is used up, one for each request: 503, 403, "cut" (the connection ends before the content is read), "lost" (all
    is done and the answer is not sent), "slow".
    """

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    ledger: list[tuple[str, str, int]] = field(default_factory=list)
    trouble: list[Any] = field(default_factory=list)
    endpoint: str = ""

    def named(self) -> dict[str, bytes]:
        return {name: content for name, (content, _digest) in self.objects.items()}


def _expected(method: str, path: str, headers: dict[str, str]) -> str:
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    canonical = method + "\n" + path + "\n\n"
    for name in names.split(";"):
        canonical += name + ":" + headers[name] + "\n"
    canonical += "\n" + names + "\n" + headers["x-amz-content-sha256"]
    stamp = headers["x-amz-date"]
    scope = "/".join([stamp[:8], REGION, "s3", "aws4_request"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for piece in scope.split("/"):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@contextmanager
def serving() -> Iterator[Fake]:
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_given: Any) -> None: ...

        def answer(self, status: int, code: str = "", **headers: str) -> None:
            fake.ledger.append((self.command, self.path, status))
            body = b"" if self.command == "HEAD" or not code else f"<Error><Code>{code}</Code></Error>".encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "content_length" not in headers:
                self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def hang_up(self) -> None:
            fake.ledger.append((self.command, self.path, 0))
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def handle_one(self) -> None:
            trouble = fake.trouble.pop(0) if fake.trouble else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            if trouble == "cut":
                self.hang_up()
                return
            content = self.rfile.read(int(headers.get("content-length", 0))) if self.command == "PUT" else b""
            if trouble == "slow":
                time.sleep(0.3)
            if isinstance(trouble, int):
                self.answer(trouble, "SlowDown" if trouble == 503 else "AccessDenied")
                return
            if not headers["authorization"].endswith(f"Signature={_expected(self.command, self.path, headers)}"):
                self.answer(403, "SignatureDoesNotMatch")
            elif hashlib.sha256(content).hexdigest() != headers["x-amz-content-sha256"]:
                self.answer(400, "XAmzContentSHA256Mismatch")
            elif self.command == "PUT":
                fake.objects[self.path] = (content, headers.get("x-amz-meta-sha256", ""))
                if trouble == "lost":
                    self.hang_up()
                else:
                    self.answer(200)
            elif self.path in fake.objects:
                found, digest = fake.objects[self.path]
                self.answer(200, content_length=str(len(found)), x_amz_meta_sha256=digest)
            else:
                self.answer(404, "NoSuchKey")

        do_PUT = do_HEAD = handle_one

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_given: None  # type: ignore[method-assign]  # a connection cut on purpose
        fake.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
