"""What the shop reckons with today when it buys: the terms a what-if is held against, and begins with."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Avg

from inventory.models import ServiceClass, SupplierOffer
from inventory.queries import terms

# Where the shop has no supplier yet.
USUAL_LEAD_DAYS = 7


@dataclass(frozen=True)
class Today:
    """`service_level` is that of SKUs without a class; `lead_days` the mean over what is bought from preferred suppliers."""

    lead_days: int
    order_cost: Decimal
    holding_rate: Decimal
    service_level: Decimal
    class_levels: dict[str, Decimal] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        return {
            "lead_days": self.lead_days,
            "order_cost": str(self.order_cost),
            "holding_rate": str(self.holding_rate),
            "service_level": str(self.service_level),
            "class_levels": {name: str(level) for name, level in self.class_levels.items()},
        }

    @classmethod
    def of_plain(cls, kept: dict[str, Any]) -> "Today":
        return cls(
            kept["lead_days"],
            Decimal(kept["order_cost"]),
            Decimal(kept["holding_rate"]),
            Decimal(kept["service_level"]),
            {name: Decimal(level) for name, level in kept["class_levels"].items()},
        )


def today() -> Today:
    rules = terms.rules()
    preferred = SupplierOffer.objects.filter(is_preferred=True, supplier__is_active=True)
    mean = preferred.aggregate(mean=Avg("lead_time_days"))["mean"]
    return Today(
        lead_days=USUAL_LEAD_DAYS if mean is None else min(max(round(mean), 1), 90),
        order_cost=rules.order_line_cost,
        holding_rate=rules.holding_rate,
        service_level=terms.USUAL_LEVEL,
        class_levels={f"{one.abc}{one.xyz}": one.service_level for one in ServiceClass.objects.all()},
    )
