"""A period that a page of figures is asked for: its fields, and those one click away."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.behaviour.spending import EARLIEST
from analytics.words.figures import number
from config.kernel.admin.buttons import DayInput

PLAIN = "text/plain; charset=utf-8"


class PeriodForm(forms.Form):
    longest_days = 366

    first = forms.DateField(label=gettext_lazy("From"), widget=DayInput)
    last = forms.DateField(label=gettext_lazy("To"), widget=DayInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        for name, day in (("first", first), ("last", last)):
            if day and day < EARLIEST:
                self.add_error(name, _("Choose a day from %(day)s on.") % {"day": EARLIEST.isoformat()})
        if first and last and first > last:
            self.add_error("last", _("The period ends before it begins."))
        elif first and last and (last - first).days >= self.longest_days:
            self.add_error("first", _("Choose at most %(days)s days.") % {"days": number(self.longest_days)})
        return given

    def asked(self, **others: str) -> str:
        """What the address of this very choice says; what is wrong with it is left behind."""
        chosen = {name: value for name, value in self.data.items() if name in self.fields and name not in self.errors}
        return urlencode({name: value for name, value in {**chosen, **others}.items() if value})


def usual(today: date, days: int = 30) -> dict[str, str]:
    return {"first": (today - timedelta(days=days - 1)).isoformat(), "last": today.isoformat()}


def spans(last: date) -> list[tuple[str, date, date]]:
    """What every page of figures offers, up to a day: the one that still runs, or the last one that is closed."""
    month = last.replace(day=1)
    return [
        (_("%(days)s days") % {"days": 7}, last - timedelta(days=6), last),
        (_("%(days)s days") % {"days": 30}, last - timedelta(days=29), last),
        (_("%(days)s days") % {"days": 90}, last - timedelta(days=89), last),
        (_("This month"), month, last),
        (_("Last month"), (month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
        (_("12 months"), last - timedelta(days=364), last),
    ]


def near(today: date, form: PeriodForm) -> list[dict[str, Any]]:
    """Periods one click away; whatever else was chosen stays."""
    return links([(_("Today"), today, today), *spans(today)], form)


def links(offered: Iterable[tuple[str, date, date]], form: PeriodForm) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "query": form.asked(first=first.isoformat(), last=last.isoformat()),
            "is_current": (form.data.get("first"), form.data.get("last")) == (first.isoformat(), last.isoformat()),
        }
        for title, first, last in offered
    ]


def refused(form: PeriodForm) -> HttpResponse:
    """What is wrong with the address of a file, in words."""
    told = "\n".join(f"{form.fields[name].label}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
    return HttpResponse(told, status=400, content_type=PLAIN)
