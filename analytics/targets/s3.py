"""A bucket that speaks S3. An object is there whole or not at all: the digest of its content is signed, so the server refuses
what was torn or changed on the way.

Address and keys come from the environment and are told nowhere, neither in an error nor in the log.
"""

import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analytics.targets.signing import NOTHING, path, signed

SCHEME = "s3://"
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9_.=/-]*))?\Z")
_CODE = re.compile(rb"<Code>([A-Za-z0-9]{1,60})</Code>")
# What one request takes at most; storage that speaks S3 takes no larger object in one piece.
LARGEST = 5_000_000_000
PATIENCE = 60.0
TRIES, PAUSE = 4, 0.5
_DIGEST = "x-amz-meta-sha256"


class BucketRefused(RuntimeError):
    """The message says the status and the server's own code."""


@dataclass(frozen=True)
class Access:
    endpoint: str
    region: str
    key: str
    secret: str


@dataclass(frozen=True)
class Found:
    size: int
    sha256: str


def address(target: str) -> tuple[str, str] | None:
    """The bucket and what stands before each name; none where the text names no bucket."""
    found = _ADDRESS.match(target)
    return (found["bucket"], (found["prefix"] or "").strip("/")) if found and ".." not in target else None


class Bucket:
    def __init__(self, target: str, access: Access, *, now: Callable[[], datetime], pause: float = PAUSE) -> None:
        named = address(target)
        if named is None:
            raise BucketRefused("no such address")
        (self.bucket, self.prefix), self.access, self.now, self.pause = named, access, now, pause
        parts = urlsplit(access.endpoint)
        self.host, self.is_secure, self.base = parts.netloc, parts.scheme == "https", parts.path.strip("/")

    def put(self, file: Path, name: str, *, sha256: str) -> None:
        size = file.stat().st_size
        if size > LARGEST:
            raise BucketRefused("the file is larger than one request takes")
        headers = {"content-length": str(size), _DIGEST: sha256}
        # An answer that was lost is no harm: the same content takes the same place again.
        self._ask("PUT", name, headers, payload=sha256, file=file)
        if self.find(name) != Found(size, sha256):
            raise BucketRefused("the file is not there as it was sent")

    def find(self, name: str) -> Found | None:
        told = self._ask("HEAD", name, {}, payload=NOTHING, missing=True)
        return None if told is None else Found(int(told.get("content-length", -1)), told.get(_DIGEST, ""))

    def _ask(
        self, method: str, name: str, headers: dict[str, str], *, payload: str, file: Path | None = None, missing: bool = False
    ) -> dict[str, str] | None:
        """The headers of the answer. What may pass is tried again; what is refused is not."""
        trouble = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                status, code, told = self._once(method, name, headers, payload, file)
            except (OSError, http.client.HTTPException) as error:
                # Its text may name hosts and ports.
                trouble = type(error).__name__
                continue
            if status == 404 and missing:
                return None
            if status < 300:
                return told
            trouble = f"{status} {code}".strip()
            if status < 500 and status not in (408, 429):
                break
        raise BucketRefused(f"{method}: {trouble}")

    def _once(
        self, method: str, name: str, headers: dict[str, str], payload: str, file: Path | None
    ) -> tuple[int, str, dict[str, str]]:
        at_path = path(self.base, self.bucket, self.prefix, name)
        access = self.access
        said = signed(
            method, at_path, headers | {"host": self.host}, payload=payload, access=access.key, secret=access.secret,
            region=access.region, at=self.now(),
        )  # fmt: skip
        connecting: Any = http.client.HTTPSConnection if self.is_secure else http.client.HTTPConnection
        connection = connecting(self.host, timeout=PATIENCE)
        try:
            if file is None:
                connection.request(method, at_path, headers=said)
            else:
                with file.open("rb") as body:
                    connection.request(method, at_path, body=body, headers=said)
            answer = connection.getresponse()
            code = _CODE.search(answer.read(10_000))
            told = {key.lower(): value for key, value in answer.getheaders()}
            return answer.status, code[1].decode() if code else "", told
        finally:
            connection.close()
