"""The tiles of the first page, as finished values, down to what this person may see. What is made of rows leads to them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics import holidays
from analytics.admin import charts
from analytics.admin.wording import address
from analytics.definitions import TITLES
from analytics.queries import dashboard, sales
from analytics.words import figures as words
from analytics.words.figures import against, money, number, percent
from campaigns.queries.promotions import State
from config.kernel import clock, shop
from orders.queries import worklists

TREND_DAYS = 90
AVERAGE_DAYS = 7
SELLERS = 8
RISKS = 10
OFFERS = 8

SALES = "analytics.view_hourlysales"
SKUS = "analytics.view_dailysales"
STOCK = "analytics.view_dailystock"
ORDERS = "orders.view_order"
PROMOTIONS = "campaigns.view_promotion"
PROPOSALS = "inventory.view_replenishmentproposal"
SALES_PAGE = "analytics_hourlysales_changelist"


def home(request: HttpRequest) -> dict[str, Any] | None:
    """Everything of the dashboard; None for those whose role shows none of it."""
    may = request.user.has_perm
    if not any(may(one) for one in (SALES, SKUS, STOCK, ORDERS, PROMOTIONS, PROPOSALS)):
        return None
    at = clock.now()
    fresh = sales.freshness(at=at)
    if fresh.made_at is None and not dashboard.has_orders():
        return {"first_steps": _first_steps(request)}
    return {
        "today": today(request, at) if may(SALES) else None,
        "today_url": reverse("admin:analytics_today"),
        "tallies": tallies(request, at),
        "trend": _trend(request, fresh, at) if may(SALES) else None,
        "heat": _heat(request, fresh) if may(SALES) else None,
        "sellers": _sellers(request, fresh) if may(SKUS) else None,
        "risks": risks(request, fresh) if may(STOCK) else None,
        "offers": offers(request, fresh, at) if may(PROMOTIONS) else None,
        "fresh": _freshness(request, fresh),
        "definitions_url": reverse("admin:analytics_definitions"),
    }


def today(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """The open day against last week's, up to this time."""
    found = sales.today(at=at)
    now, before = found.figures, found.before
    day, day_before = found.day, found.day - timedelta(days=7)
    by_hour, by_hour_before = (
        address(request, SALES_PAGE, SALES, first=one.isoformat(), last=one.isoformat(), by="hour") for one in (day, day_before)
    )
    orders, orders_before = (
        address(request, "orders_order_changelist", ORDERS, placed_at_from=one.isoformat(), placed_at_to=one.isoformat())
        for one in (day, day_before)
    )
    seen = found.projection
    return {
        "day": words.day(found.day),
        "time": at.astimezone(shop.zone()),
        "holiday": holidays.between(found.day, found.day, get_language() or "ko").get(found.day, ""),
        "sales": money(now.sales),
        "url": by_hour,
        "change": against(now.sales, before.sales),
        "before": money(before.sales),
        "before_day": words.day(day_before),
        "before_url": by_hour_before,
        "facts": [
            _fact(TITLES["orders"], number(now.orders), number(before.orders), orders, orders_before),
            _fact(TITLES["units"], number(now.units), number(before.units), by_hour, by_hour_before),
            _fact(TITLES["average_order"], money(now.average_order), money(before.average_order), by_hour, by_hour_before),
            _fact(TITLES["returned"], money(now.returned), money(before.returned), by_hour, by_hour_before),
            _fact(TITLES["net"], money(now.net), money(before.net), by_hour, by_hour_before),
        ],
        "projection": {
            "middle": words.about(seen.middle),
            "low": words.about(seen.low),
            "high": words.about(seen.high),
            "share": percent(seen.share * 100),
            "days": seen.days,
        }
        if seen
        else None,
    }


def _fact(title: Any, now: str, before: str, url: str, before_url: str) -> dict[str, str]:
    """The rows of the week before are those of its whole day."""
    return {"title": str(title), "now": now, "before": before, "url": url, "before_url": before_url}


def tallies(request: HttpRequest, at: datetime) -> list[dict[str, Any]]:
    found = []
    if request.user.has_perm(ORDERS):
        orders = reverse("admin:orders_order_changelist")
        found = [
            {
                "title": str(tally.title),
                "number": tally.shown,
                "detail": "",
                "alarming": tally.number > 0 and tally.name in worklists.ALARMS,
                "url": orders + tally.query,
            }
            for tally in worklists.counts(at=at)
        ]
    if request.user.has_perm(PROPOSALS):
        waiting = dashboard.proposed()
        found.append(
            {
                "title": _("Purchases proposed"),
                "number": number(waiting.number),
                # The warehouse sees what comes; what it costs is for those who see figures of SKUs.
                "detail": money(waiting.cost) if request.user.has_perm(SKUS) else "",
                "alarming": False,
                "url": address(request, "inventory_replenishmentproposal_changelist", PROPOSALS, state__exact="OPEN"),
            }
        )
    return found


def _trend(request: HttpRequest, fresh: sales.Freshness, at: datetime) -> dict[str, Any]:
    # Days that nobody made are read live, so it always ends at yesterday.
    last = shop.day(at) - timedelta(days=1)
    first = last - timedelta(days=TREND_DAYS - 1)
    # The average of the first shown days needs the days before them.
    days = sales.by_day(first=first - timedelta(days=AVERAGE_DAYS - 1), last=last, fresh=fresh, at=at)
    return {
        "chart": charts.days(
            [(day, figures.net) for day, figures in days],
            shown_from=first,
            averaged=AVERAGE_DAYS,
            title=_("Net sales of the last %(days)s days") % {"days": TREND_DAYS},
            details={day: _("%(orders)s orders") % {"orders": number(figures.orders)} for day, figures in days},
        ),
        "url": address(request, SALES_PAGE, SALES, first=first.isoformat(), last=last.isoformat(), by="day"),
    }


def _heat(request: HttpRequest, fresh: sales.Freshness) -> dict[str, Any]:
    last = fresh.made_until
    first = last - timedelta(weeks=dashboard.HEAT_WEEKS) + timedelta(days=1)
    return {
        "chart": charts.week(dashboard.heat(fresh=fresh)),
        "weeks": dashboard.HEAT_WEEKS,
        "url": address(request, SALES_PAGE, SALES, first=first.isoformat(), last=last.isoformat(), by="hour"),
    }


def _sellers(request: HttpRequest, fresh: sales.Freshness) -> list[dict[str, Any]]:
    last = fresh.made_until
    periods = [(days, last - timedelta(days=days - 1)) for days in (7, 30)]
    tops = [sales.by_sku(first=first, last=last, most=SELLERS) for _days, first in periods]
    variants = dashboard.named([one.key for top in tops for one in top])
    return [
        {
            "title": _("%(days)s days") % {"days": days},
            "until": words.day(last),
            "url": address(request, SALES_PAGE, SALES, first=first.isoformat(), last=last.isoformat(), by="sku"),
            "rows": [
                {
                    "name": dashboard.title(variants[one.key]),
                    "sku": variants[one.key].sku,
                    "units": number(one.units),
                    "net": money(one.net),
                    "url": address(request, "inventory_variant_change", "inventory.view_variant", one.key),
                }
                for one in top
            ],
        }
        for (days, first), top in zip(periods, tops, strict=True)
    ]


def risks(request: HttpRequest, fresh: sales.Freshness) -> dict[str, Any]:
    rows, in_all = dashboard.at_risk(fresh=fresh, most=RISKS)
    return {
        "days": dashboard.AT_RISK_DAYS,
        "in_all": in_all,
        "more": max(in_all - len(rows), 0),
        "url": address(request, "inventory_stocklevel_changelist", "inventory.view_stocklevel"),
        "rows": [
            {
                "name": one.name,
                "sku": one.sku,
                "warehouse": one.warehouse,
                "available": number(one.available),
                "incoming": number(one.incoming),
                "days": number(one.days, 1),
                "days_with_incoming": number(one.days_with_incoming, 1),
                "alarming": one.days_with_incoming < dashboard.AT_RISK_DAYS / Decimal(2),
                "url": address(request, "inventory_variant_change", "inventory.view_variant", one.variant_id),
                "level_url": address(request, "inventory_stocklevel_change", "inventory.view_stocklevel", one.level_id),
            }
            for one in rows
        ],
    }


def offers(request: HttpRequest, fresh: sales.Freshness, at: datetime) -> dict[str, Any]:
    found, in_all = dashboard.offers(fresh=fresh, most=OFFERS, at=at)
    return {
        "more": max(in_all - len(found), 0),
        "url": address(request, "campaigns_promotion_changelist", PROMOTIONS),
        "rows": [
            {
                "name": one.promotion.name,
                "benefit": one.promotion.get_benefit_display(),
                "has_begun": one.state != State.UPCOMING,
                "moment": one.promotion.starts_at if one.state == State.UPCOMING else one.promotion.ends_at,
                "paused": one.state.label if one.state == State.PAUSED else "",
                "orders": number(one.orders),
                "amount": money(one.amount),
                "url": address(request, "campaigns_promotion_change", PROMOTIONS, one.promotion.pk),
                "uses_url": address(
                    request,
                    "campaigns_redemption_changelist",
                    "campaigns.view_redemption",
                    promotion=one.promotion.pk,
                    state__exact="COUNTED",
                ),
            }
            for one in found
        ],
    }


def _freshness(request: HttpRequest, fresh: sales.Freshness) -> dict[str, Any]:
    states, sees = "analytics_rollupstate_changelist", "analytics.view_rollupstate"
    return {
        "made_at": fresh.made_at,
        "dirty_days": fresh.dirty_days,
        "dirty_url": address(request, states, sees, state__exact="DIRTY"),
        # Days that nobody made have no row to filter by.
        "missing_days": fresh.missing_days,
        "missing_url": address(request, states, sees),
    }


def _first_steps(request: HttpRequest) -> list[dict[str, Any]]:
    has = dashboard.first_steps()
    steps = [
        (has.skus, _("Enter what you sell"), _("Products with their SKUs and prices."), "inventory_product", "inventory"),
        (has.warehouses, _("Enter where it lies"), _("At least one warehouse."), "inventory_warehouse", "inventory"),
        (has.stock, _("Put the stock in"), _("By a stock count or a goods receipt."), "inventory_stocklevel", "inventory"),
        (has.token, _("Connect the storefront"), _("It sends orders with an API token of its own."), "knox_authtoken", "knox"),
        (False, _("Wait for the first order"), _("From then on this page shows how the shop does."), "orders_order", "orders"),
    ]
    found = []
    for done, title, detail, page, label in steps:
        permission = f"{label}.view_{page.removeprefix(label + '_')}"
        found.append(
            {"done": done, "title": title, "detail": detail, "url": address(request, f"{page}_changelist", permission)}
        )
    return found
