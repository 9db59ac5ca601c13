"""What a demo watches: a few rules, a report pack with its first report, and what the rules find at once."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import transaction

from analytics.models import AlertRule
from analytics.operations import alert_rules, reports, watching
from config.kernel.roles import Role

RULES = (
    ("하루 주문 수", {"metric": "orders", "kind": "ANOMALY", "limit": Decimal(4), "shifts": True}),
    ("하루 매출 변화", {"metric": "sales", "kind": "RELATIVE", "limit": Decimal(15), "owner": Role.MARKETER}),
    ("할인 비중", {"metric": "discount_share", "kind": "RELATIVE", "direction": "UP", "limit": Decimal(40)}),
    ("시간당 주문 수", {"metric": "orders", "window": "HOUR", "kind": "ANOMALY", "limit": Decimal(5)}),
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
    reports.send_now(pack_id=pack.pk, actor=None, at=at)
    watching.watch(at=at)
    return len(RULES)
