"""What a demo watches: rules over figures and behavior, a report pack with its first report, and what they find at once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from analytics.models import AlertRule
from analytics.operations import alert_rules, event_rules, reports, watching
from config.kernel.roles import Role

RULES = (
    ("하루 주문 수", {"metric": "orders", "kind": "ANOMALY", "limit": Decimal(4), "shifts": True}),
    ("하루 매출 변화", {"metric": "sales", "kind": "RELATIVE", "limit": Decimal(15), "owner": Role.MARKETER}),
    ("할인 비중", {"metric": "discount_share", "kind": "RELATIVE", "direction": "UP", "limit": Decimal(40)}),
    ("시간당 주문 수", {"metric": "orders", "window": "HOUR", "kind": "ANOMALY", "limit": Decimal(5)}),
)

BEHAVIOR: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "같은 상품 2회 조회, 미구매",
        {"act": "product_viewed", "at_least": 2, "subject": "VISITOR", "same_sku": True, "unless": "order_completed"},
    ),
    (
        "하루 상품 5회 조회, 미구매",
        {"act": "product_viewed", "at_least": 5, "subject": "CUSTOMER", "unless": "order_completed"},
    ),
    ("10분 내 결제 실패 3회", {"act": "payment_failed", "within": 10, "subject": "CUSTOMER", "cooldown": 60, "alarms": True}),
)


@transaction.atomic
def furnish(*, at: datetime) -> int:
    """Into a shop without rules of its own; needs figures that are made. Tells how many rules it wrote."""
    if AlertRule.objects.filter(watch="").exists():
        return 0
    alert_rules.furnish(at=at)
    since = at - timedelta(days=60)
    for name, values in RULES:
        alert_rules.add(values={"name": name, "minimum": Decimal(5), **values}, recipients=[], at=since)
    owners = list(get_user_model().objects.filter(groups__name=Role.OWNER.value, is_staff=True))
    pack = reports.add(
        values={"name": "주간 매출 보고", "metrics": ["orders", "sales", "net", "average_order", "margin", "returned"]},
        recipients=owners,
        at=since,
    )
    for name, looked_for in BEHAVIOR:
        rule = event_rules.add(values={"name": name, **looked_for}, at=since)
        event_rules.evaluate(rule_id=rule.pk, at=at)
    reports.send_now(pack_id=pack.pk, actor=None, at=at)
    watching.watch(at=at)
    return len(RULES)
