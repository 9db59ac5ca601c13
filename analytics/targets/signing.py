"""Signature Version 4 of requests to storage that speaks S3, by what the standard library has. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

_KIND = "AWS4-HMAC-SHA256"
NOTHING = hashlib.sha256(b"").hexdigest()


def path(*parts: str) -> str:
    """As it is signed and sent: what is no letter, digit or one of -_.~ is escaped."""
    return "/" + "/".join(quote(part, safe="/-_.~") for part in parts if part)


def signed(
    method: str, at_path: str, headers: Mapping[str, str], *, payload: str, access: str, secret: str, region: str, at: datetime
) -> dict[str, str]:
    """The headers to send: those given (with `host`), when, the payload's digest, and the signature of all of them."""
    moment = at.astimezone(UTC)
    stamp, day = f"{moment:%Y%m%dT%H%M%SZ}", f"{moment:%Y%m%d}"
    told = {name.lower(): value.strip() for name, value in headers.items()} | {
        "x-amz-content-sha256": payload,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(told))
    lines = "".join(f"{name}:{told[name]}\n" for name in sorted(told))
    request = "\n".join((method, at_path, "", lines, names, payload))
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join((_KIND, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return told | {"authorization": f"{_KIND} Credential={access}/{scope},SignedHeaders={names},Signature={signature}"}
