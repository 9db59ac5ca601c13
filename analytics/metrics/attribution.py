"""Where customers come from: visits, orders and net sales by origin, and what advertising cost beside them."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.behaviour.crediting import Model
from analytics.metrics.values import Facts, Good, Metric, Unit, fact, ratio

TITLE = _("Origins and advertising")

MODELS = {
    Model.LAST: pgettext_lazy("attribution", "last touch"),
    Model.FIRST: pgettext_lazy("attribution", "first touch"),
    Model.POSITION: pgettext_lazy("attribution", "by position (40/20/40)"),
    Model.LINEAR: pgettext_lazy("attribution", "all touches alike"),
}
_COUNTS = {
    Model.LAST: _("All of it is owed to the last visit before the order that was not direct."),
    Model.FIRST: _("All of it is owed to the first visit within the window (usually 30 days) that was not direct."),
    Model.POSITION: _("40 % are owed to the first and the last visit each, 20 % to those between; two get half each."),
    Model.LINEAR: _("The same part is owed to each visit within the window (usually 30 days) that was not direct."),
}
_RETURNS = _(
    "Orders of the last weeks may still be canceled or come back; then the figures of their day fall. Orders of days before "
    "the first visit that is known are in none."
)
_READING = _("It says what came before an order, not what caused it: who would have bought anyway is in here as well.")


def _cost_of_each(orders: str) -> Callable[[Facts], Decimal | None]:
    """What was not advertised has no cost, rather than one of nothing."""
    return lambda facts: facts["ad_cost"] / facts[orders] if facts["ad_cost"] and facts[orders] else None


def _of_models() -> Iterator[Metric]:
    for model, title in MODELS.items():
        code, counts = model.value, _COUNTS[model]
        yield Metric(
            f"attributed_orders_{code}", format_lazy(_("Orders owed: {model}"), model=title), Unit.RATE, counts, _READING,
            owner="marketer", formula=f"sum(share of the order by {code})", facts=(f"{code}_orders",),
            value=fact(f"{code}_orders"), censoring=_RETURNS, good=Good.UP,
        )  # fmt: skip
        yield Metric(
            f"attributed_net_{code}", format_lazy(_("Net sales owed: {model}"), model=title), Unit.MONEY, counts, _READING,
            owner="marketer", formula=f"sum(share by {code} of goods - discounts - what came back of the order until now)",
            facts=(f"{code}_net",), value=fact(f"{code}_net"), censoring=_RETURNS, good=Good.UP,
        )  # fmt: skip
        yield Metric(
            f"attributed_new_customers_{code}", format_lazy(_("New customers owed: {model}"), model=title), Unit.RATE, counts,
            _("Customers whose first order that stands it is. Orders without a customer are in none."),
            owner="marketer", formula=f"sum(share of first orders by {code})", facts=(f"{code}_new",),
            value=fact(f"{code}_new"), censoring=_RETURNS, good=Good.UP,
        )  # fmt: skip
        yield Metric(
            f"cost_per_order_{code}", format_lazy(_("Cost per order: {model}"), model=title), Unit.MONEY,
            _("Advertising spend / orders owed."),
            _("Compare campaigns of one kind by it. It tells nothing where only a few orders are owed."),
            owner="marketer", formula=f"spend / attributed_orders_{code}", facts=("ad_cost", f"{code}_orders"),
            value=_cost_of_each(f"{code}_orders"), censoring=_RETURNS, good=Good.DOWN,
        )  # fmt: skip
        yield Metric(
            f"return_on_ad_spend_{code}", format_lazy(_("Return on ad spend: {model}"), model=title), Unit.RATE,
            _("Net sales owed / advertising spend."),
            _("Sales beside spend, before the cost of goods. It does not tell what would have been sold without advertising."),
            owner="marketer", formula=f"attributed_net_{code} / spend", facts=(f"{code}_net", "ad_cost"),
            value=ratio(f"{code}_net", "ad_cost"), censoring=_RETURNS, good=Good.UP,
        )  # fmt: skip


METRICS = (
    Metric(
        "origin_visits",
        pgettext_lazy("figure", "Visits by origin"),
        Unit.COUNT,
        _("Visits of shoppers who agreed to be known again, by where they came from."),
        _("Of shoppers without consent there are no visits, so compare origins with each other, not with the server's log."),
        owner="marketer",
        formula="count(visit)",
        facts=("origin_visits",),
        value=fact("origin_visits"),
        good=Good.UP,
    ),
    Metric(
        "assisted_orders",
        pgettext_lazy("figure", "Orders assisted"),
        Unit.COUNT,
        _("Orders before which this campaign brought a visit, while another one brought the last."),
        _("Many assists and few orders: it wakes interest that others reap. An order may count for several campaigns."),
        owner="marketer",
        formula="count(order touched, last touch elsewhere)",
        facts=("assists",),
        value=fact("assists"),
        censoring=_RETURNS,
        good=Good.UP,
    ),
    *_of_models(),
    Metric(
        "ad_spend",
        pgettext_lazy("figure", "Advertising spend"),
        Unit.MONEY,
        _("What campaigns cost on these days, as imported from the advertising platforms."),
        _("Days whose spend was not imported yet look cheap: see until when the spend is known."),
        owner="marketer",
        formula="sum(spend.cost)",
        facts=("ad_cost",),
        value=fact("ad_cost"),
    ),
    Metric(
        "ad_impressions",
        pgettext_lazy("figure", "Impressions"),
        Unit.COUNT,
        _("How often advertisements were shown, as imported from the advertising platforms."),
        _("Each platform counts a view by its own rule."),
        owner="marketer",
        formula="sum(spend.impressions)",
        facts=("ad_impressions",),
        value=fact("ad_impressions"),
    ),
    Metric(
        "ad_clicks",
        pgettext_lazy("figure", "Clicks on advertisements"),
        Unit.COUNT,
        _("How often advertisements were clicked, as imported from the advertising platforms."),
        _("More than visits: a click that never arrives, a crawler, or a shopper without consent makes no visit."),
        owner="marketer",
        formula="sum(spend.clicks)",
        facts=("ad_clicks",),
        value=fact("ad_clicks"),
    ),
    Metric(
        "cost_per_click",
        pgettext_lazy("figure", "Cost per click"),
        Unit.MONEY,
        _("Advertising spend / clicks on advertisements."),
        _("It rises when others bid for the same words."),
        owner="marketer",
        formula="spend.cost / spend.clicks",
        facts=("ad_cost", "ad_clicks"),
        value=ratio("ad_cost", "ad_clicks"),
        good=Good.DOWN,
    ),
    Metric(
        "click_to_order_median",
        pgettext_lazy("figure", "First campaign visit to order, median"),
        Unit.SECONDS,
        _("From a campaign's first visit within the window (usually 30 days) to the order: half of its orders took less."),
        _("Look no earlier than after this time whether a campaign worked."),
        owner="marketer",
        formula="median(order.placed_at - first touch of the campaign)",
        asked="click_to_order",
        censoring=_("Who has not bought yet is not in it, and nothing longer than the window can be."),
        good=Good.DOWN,
    ),
    Metric(
        "click_to_order_p90",
        pgettext_lazy("figure", "First campaign visit to order, nine of ten"),
        Unit.SECONDS,
        _("From a campaign's first visit within the window (usually 30 days) to the order: nine of ten orders took less."),
        _("Far above the median: some think long. A reminder in between may be worth a try."),
        owner="marketer",
        formula="p90(order.placed_at - first touch of the campaign)",
        asked="click_to_order",
        censoring=_("Who has not bought yet is not in it, and nothing longer than the window can be."),
        good=Good.DOWN,
    ),
)
