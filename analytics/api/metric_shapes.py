"""What the API of metrics takes and answers."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from analytics.behaviour.spending import EARLIEST
from analytics.metrics import Cut, Metric, Unit
from analytics.queries import catalogue, naming
from analytics.queries.measuring import Row
from analytics.queries.sales import Freshness
from config.kernel.money import Money

LONGEST_DAYS = 731
# So many rows are one answer; SKUs may be more.
MOST_ROWS = 5_000
NARROWING = (Cut.CHANNEL, Cut.CATEGORY, Cut.SKU, Cut.WAREHOUSE, Cut.SEGMENT, Cut.GROUPING, Cut.CAMPAIGN)


class FiguresInput(serializers.Serializer[Any]):
    longest_days = LONGEST_DAYS

    first = serializers.DateField(help_text="The first business day.")
    last = serializers.DateField(help_text="The last business day, included. Days that are not there yet are left out.")
    by = serializers.ChoiceField(
        choices=[one.value for one in catalogue.OFFERED],
        required=False,
        help_text="What to tell apart; without it there is one row.",
    )
    channel = serializers.CharField(required=False, max_length=20, help_text="Only this sales channel.")
    category = serializers.CharField(
        required=False, max_length=60, help_text="Only this category and those below it: its code."
    )
    sku = serializers.CharField(required=False, max_length=64, help_text="Only this SKU.")
    warehouse = serializers.CharField(required=False, max_length=60, help_text="Only this warehouse: its code.")
    segment = serializers.CharField(required=False, max_length=40, help_text="Only customers of this segment: its code.")
    grouping = serializers.CharField(required=False, max_length=20, help_text="Only orders that came from here.")
    campaign = serializers.CharField(required=False, max_length=250, help_text="Only this campaign: its key.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, Any] = {
            name: [_("There is no such parameter.")] for name in self.initial_data if name not in self.fields
        }
        wrong |= {
            name: [_("Choose a day from %(day)s on.") % {"day": EARLIEST.isoformat()}]
            for name in ("first", "last")
            if attrs[name] < EARLIEST
        }
        if attrs["last"] < attrs["first"]:
            wrong["last"] = [_("The period ends before it begins.")]
        elif attrs["last"] - attrs["first"] >= timedelta(days=self.longest_days):
            wrong["first"] = [_("Choose at most %(days)s days.") % {"days": self.longest_days}]
        part, strange = naming.part({cut: attrs[cut.value] for cut in NARROWING if cut.value in attrs})
        wrong |= {cut.value: [_("There is no such thing here.")] for cut in strange}
        if wrong:
            raise serializers.ValidationError(wrong)
        by = attrs.get("by")
        return {"first": attrs["first"], "last": attrs["last"], "by": Cut(by) if by else None, "of": part}


class MetricOutput(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stays what it is.")
    title = serializers.CharField(help_text="In the language of Accept-Language, as all texts here.")
    unit = serializers.ChoiceField(choices=[one.value for one in Unit])
    currency = serializers.CharField(allow_null=True, help_text="Of amounts of money.")
    formula = serializers.CharField()
    counts = serializers.CharField(help_text="What is counted.")
    reading = serializers.CharField(help_text="How to read it.")
    censoring = serializers.CharField(help_text="What is not over yet, and how that is treated.")
    time_zone = serializers.CharField(help_text="In which a day is a day.")
    owner = serializers.CharField(help_text="The role that answers for the definition.")
    good = serializers.ChoiceField(choices=["up", "down", "neither"], help_text="Which direction is the better one.")
    cuts = serializers.ListField(child=serializers.CharField(), help_text="What it can be told apart by.")


class FreshnessOutput(serializers.Serializer[Any]):
    made_at = serializers.DateTimeField(allow_null=True, help_text="When figures of a closed day were made last.")
    live_from = serializers.DateField(
        help_text="From this day on nothing is made yet: the orders themselves are read, or nothing is told."
    )
    holds_open_day = serializers.BooleanField(help_text="Whether today so far is in the figures.")
    dirty_days = serializers.IntegerField(help_text="Days that have changed and wait to be made anew.")
    missing_days = serializers.IntegerField(help_text="Closed days that have not been made.")


class FigureOutput(serializers.Serializer[Any]):
    key = serializers.CharField(
        allow_null=True,
        help_text="A day, an hour, `weekday-hour` of a slot (Monday is 0), or a public code; none of the whole.",
    )
    title = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text="A decimal number as text; none where it cannot be told.")


class FiguresOutput(serializers.Serializer[Any]):
    metric = MetricOutput()
    first = serializers.DateField()
    last = serializers.DateField()
    by = serializers.CharField(allow_null=True)
    whole = FigureOutput(help_text="Of the whole period.")
    rows = FigureOutput(many=True)
    freshness = FreshnessOutput()


def metric(one: Metric) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": str(one.title),
        "unit": one.unit.value,
        "currency": settings.SHOP_CURRENCY if one.unit is Unit.MONEY else None,
        "formula": one.formula,
        "counts": str(one.counts),
        "reading": str(one.reading),
        "censoring": str(one.censoring or catalogue.SETTLED),
        "time_zone": settings.BUSINESS_TIME_ZONE,
        "owner": one.owner,
        "good": one.good.value,
        "cuts": [cut.value for cut in catalogue.cuts_of(one)],
    }


def figure(one: Metric, row: Row, names: Mapping[Any, naming.Name]) -> dict[str, Any]:
    name = names.get(row.key) or naming.Name(_plain_key(row.key), _plain_key(row.key))
    return {"key": name.code if row.key is not None else None, "title": name.title, "value": text(one, row.values[one.code])}


def text(one: Metric, value: Decimal | None) -> str | None:
    """Money as it can be paid, all else with six decimals at most."""
    if value is None:
        return None
    if one.unit is Unit.MONEY:
        return Money(value, settings.SHOP_CURRENCY).quantized().as_text()
    return f"{value.quantize(Decimal('0.000001')).normalize():f}"


def freshness(fresh: Freshness, *, holds_open_day: bool) -> dict[str, Any]:
    return {
        "made_at": fresh.made_at,
        "live_from": fresh.live_from,
        "holds_open_day": holds_open_day,
        "dirty_days": fresh.dirty_days,
        "missing_days": fresh.missing_days,
    }


def _plain_key(key: Any) -> str:
    if key is None:
        return ""
    if isinstance(key, tuple):
        return "-".join(str(part) for part in key)
    return key.isoformat() if isinstance(key, date) else str(key)
