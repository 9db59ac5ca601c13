"""Two commands a newcomer can paste: a quote, and the order it leads to, with a SKU this shop really has."""

import json
import shlex
import urllib.request
from typing import Any

SHIP_TO = {"name": "김하늘", "phone": "010-0000-0000", "postal_code": "04100", "address": "서울특별시 마포구 월드컵북로 1"}


def commands(url: str, token: str) -> list[str]:
    """curl lines for the running shop; none where it has nothing to sell."""
    try:
        sku = _a_sku(url, token)
        if not sku:
            return []
        lines = [{"sku": sku, "quantity": 2}]
        total = _asked(f"{url}/api/v1/quotes/", token, {"lines": lines})["total"]
    except (OSError, ValueError, KeyError):
        return []
    order = {"lines": lines, "ship_to": SHIP_TO, "expected_total": total}
    return [
        _curl(f"{url}/api/v1/quotes/", token, {"lines": lines}),
        # The key makes a repeated order the same order; each second another one.
        _curl(f"{url}/api/v1/orders/", token, order, '-H "Idempotency-Key: try-$(date +%s)"'),
    ]


def _a_sku(url: str, token: str) -> str:
    page = _asked(f"{url}/api/v1/variants/?category=cups&on_sale=true", token)
    return next((str(one["sku"]) for one in page["results"] if one["available"] >= 2), "")


def _asked(url: str, token: str, body: Any = None) -> Any:
    request = urllib.request.Request(  # noqa: S310  loopback, built by the caller
        url,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  as above
        return json.load(answer)


def _curl(url: str, token: str, body: Any, *more: str) -> str:
    told = shlex.quote(json.dumps(body, ensure_ascii=False))
    headers = [f"-H 'Authorization: Token {token}'", "-H 'Content-Type: application/json'", *more]
    return f"curl -s {url} {' '.join(headers)} -d {told}"
