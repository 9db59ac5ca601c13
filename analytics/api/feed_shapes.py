"""What feeds take: the questions of metrics, with a span that may be left out."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from analytics.api.metric_shapes import FiguresInput
from analytics.metrics import Cut
from analytics.queries import feeds
from config.kernel import shop


def _day(**more: Any) -> serializers.DateField:
    return serializers.DateField(required=False, **more)


def _spanned(attrs: dict[str, Any], at: Any) -> dict[str, Any]:
    """Up to today, and four weeks of it, where nothing else is said."""
    wrong = {name: [_("There is no such day here.")] for name in ("first", "last") if not _is_known(attrs.get(name))}
    if wrong:
        raise serializers.ValidationError(wrong)
    last = attrs.get("last") or shop.day(at)
    return attrs | {"first": attrs.get("first") or last - timedelta(days=feeds.USUAL_DAYS - 1), "last": last}


def _is_known(day: date | None) -> bool:
    return day is None or feeds.EARLIEST + timedelta(days=feeds.USUAL_DAYS) <= day <= feeds.LATEST


class FeedInput(FiguresInput):
    """Of a metric. The context says which moment it is: `at`."""

    longest_days = feeds.LONGEST_DAYS

    first = _day(help_text="First business day; four weeks before the last, if left out.")
    last = _day(help_text="Last business day; today, if left out.")
    by = serializers.ChoiceField(
        choices=[one.value for one in Cut], default=Cut.DAY.value, help_text="What to tell apart; day, if left out."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return super().validate(_spanned(attrs, self.context["at"]))


class SpanInput(FeedInput):
    """Of a view, whose rows nothing narrows but days."""

    def get_fields(self) -> dict[str, Any]:
        return {name: one for name, one in super().get_fields().items() if name in ("first", "last", "by")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "by" in self.initial_data:
            raise serializers.ValidationError({"by": [_("Rows of a view are not told apart.")]})
        return super().validate(attrs)
