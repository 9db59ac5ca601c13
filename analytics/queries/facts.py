"""Where the facts of the metrics lie: which rollup holds which sums, and by what each can be cut."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet

from analytics import extract
from analytics.behaviour import crediting
from analytics.metrics import Cut
from analytics.models import (
    AdSpend,
    AttributionDay,
    DailyAttribution,
    DailyBuying,
    DailyCustomer,
    DailyInterest,
    DailyOutcomes,
    DailyParcels,
    DailyReturn,
    DailySales,
    DailyStock,
    HourlySales,
    HourlyVisits,
    PurchaseDay,
    RollupState,
    VisitDay,
)
from config.kernel import shop
from config.kernel.business_time import Period, day_period

TIME = frozenset({Cut.DAY, Cut.WEEK, Cut.MONTH, Cut.WEEKDAY})
HOURS = frozenset({Cut.HOUR, Cut.SLOT, Cut.DAY_HOUR})

# One row of a day that is read live: its day, its hour, the other cuts by name, and the facts by name.
LiveRow = tuple[date, int, Mapping[str, Any], Mapping[str, Decimal]]


@dataclass(frozen=True, eq=False)
class Source:
    """One rollup. `facts` names the column of each fact; `cuts` the lookup of each cut that is not of time.

    `live` reads days from the place the rollup is made from, where these are too fresh for it. A rollup of `closed_only` days
    knows nothing of the open one. `state` tells which days are made; none of what is told by hand. Whoever may view the
    rollup's rows may see the figures made of them.
    """

    model: type[Model]
    facts: Mapping[str, str]
    cuts: Mapping[Cut, str] = field(default_factory=dict)
    by_hour: bool = False
    live: Callable[[date, date], Iterable[LiveRow]] | None = None
    closed_only: bool = False
    state: type[Model] | None = RollupState

    @property
    def permission(self) -> str:
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"

    def knows(self, facts: Iterable[str], cuts: Iterable[Cut]) -> bool:
        known = TIME | (HOURS if self.by_hour else frozenset()) | set(self.cuts)
        return set(facts) <= set(self.facts) and set(cuts) <= known

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.all()


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _live_sales(first: date, last: date) -> Iterable[LiveRow]:
    zone = shop.zone()
    for hour in extract.hours(Period(day_period(first, zone).starts_at, day_period(last, zone).ends_at)):
        one = hour.figures
        facts = {name: Decimal(getattr(one, column)) for name, column in SALES.facts.items()}
        yield hour.day, hour.hour, {"channel": hour.channel}, facts


SALES = Source(
    HourlySales,
    _same("orders", "units", "gross", "discounts", "shipping", "returned_units", "returned") | {"order_tax": "tax"},
    {Cut.CHANNEL: "channel"},
    by_hour=True,
    live=_live_sales,
)
GOODS = Source(
    DailySales,
    _same(
        *("units", "gross", "discounts", "tax", "cost"),
        *("returned_units", "returned", "returned_tax", "returned_cost"),
    ),
    {Cut.CATEGORY: "variant__product__category_id", Cut.SKU: "variant_id"},
    closed_only=True,
)
STOCK = Source(
    DailyStock,
    _same("received", "shipped", "taken_back", "corrected", "moved"),
    {Cut.CATEGORY: "variant__product__category_id", Cut.SKU: "variant_id", Cut.WAREHOUSE: "warehouse_id"},
    closed_only=True,
)
PARCELS = Source(
    DailyParcels,
    _same("parcels", "due", "on_time", "paid", "waited_seconds"),
    {Cut.CHANNEL: "channel", Cut.WAREHOUSE: "warehouse_id"},
    closed_only=True,
)
OUTCOMES = Source(
    DailyOutcomes,
    _same("placed", "canceled", "expired", "begun", "begun_units", "begun_left_units", "begun_whole"),
    {Cut.CHANNEL: "channel"},
    closed_only=True,
)
BUYING = Source(
    DailyBuying,
    _same("new_orders", "new_sales", "repeat_orders", "repeat_sales", "guest_orders", "guest_sales"),
    {Cut.CHANNEL: "channel"},
    closed_only=True,
    state=PurchaseDay,
)
RETURNS = Source(
    DailyReturn,
    {"return_visits": "visits", "return_orders": "orders"},
    {Cut.CHANNEL: "channel"},
    closed_only=True,
    state=PurchaseDay,
)
# Of those who are members now, whenever they joined.
CUSTOMERS = Source(
    DailyCustomer,
    _same("orders", "units", "gross", "discounts", "returned") | {"customer_visits": "visits"},
    {Cut.SEGMENT: "customer__memberships__segment_id"},
    closed_only=True,
    state=PurchaseDay,
)
VISITS = Source(
    HourlyVisits,
    _same("visits", "bounces", "carts_left", "pages", "searches", "dry_searches", "active_seconds")
    | {f"visits_{name}": name for name in ("viewed", "compared", "decided", "checkout", "ordered", "carted")}
    | {"visits_out_of_stock": "saw_out_of_stock"},
    {Cut.CHANNEL: "channel"},
    by_hour=True,
    state=VisitDay,
)
INTEREST = Source(
    DailyInterest,
    {
        "product_views": "views",
        "viewing_visits": "viewing",
        "viewing_out_of_stock": "viewing_out_of_stock",
        "added_units": "added",
        "adding_visits": "adding",
        "wishes": "wished",
        "dwell_seconds": "dwell_seconds",
    },
    {Cut.CATEGORY: "variant__product__category_id", Cut.SKU: "variant_id"},
    state=VisitDay,
)
_ORIGINS = {Cut.GROUPING: "grouping", Cut.CAMPAIGN: "campaign_key"}
ATTRIBUTION = Source(
    DailyAttribution,
    _same("assists", *(f"{model.value}_{what}" for model in crediting.Model for what in ("orders", "net", "new")))
    | {"origin_visits": "visits"},
    {**_ORIGINS, Cut.CHANNEL: "channel"},
    state=AttributionDay,
)
SPEND = Source(AdSpend, {"ad_cost": "cost", "ad_clicks": "clicks", "ad_impressions": "impressions"}, _ORIGINS, state=None)

# The first that knows all that is asked for answers, so what is read live stands before what is not.
SOURCES: tuple[Source, ...] = (
    SALES,
    GOODS,
    STOCK,
    PARCELS,
    OUTCOMES,
    BUYING,
    RETURNS,
    CUSTOMERS,
    VISITS,
    INTEREST,
    ATTRIBUTION,
    SPEND,
)


def source_of(facts: Iterable[str], cuts: Iterable[Cut]) -> Source | None:
    wanted, by = set(facts), set(cuts)
    return next((one for one in SOURCES if one.knows(wanted, by)), None)
