"""What a what-if simulation says: its terms, its answer in sentences and tables, its curve, its file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from analytics import drawing
from analytics.models import Simulation
from analytics.queries.buying_terms import Today
from analytics.words.figures import brief, day, money, number, share

POLICIES = ("today", "what_if", "textbook")
# Differences below these are told as none: a tenth of a point of units, half a percent of money.
SAME_FILL = 0.0005
SAME_MONEY = 0.005


def rule(name: str) -> str:
    return {
        "today": pgettext("simulation", "today"),
        "textbook": pgettext("simulation", "textbook"),
        "what_if": pgettext("simulation", "what if"),
    }[name]


def level(value: Decimal | float | None) -> str:
    """A service level in percent, or that costs decide."""
    return pgettext("simulation", "as costs ask for") if value is None else plain_percent(value)


def percent(value: float) -> str:
    return share(Decimal(str(round(value, 4))))


def plain_percent(value: Decimal | float) -> str:
    """What somebody typed: 97%, 97.5%."""
    exact = (Decimal(str(value)) * 100).normalize()
    return f"{number(exact, max(-int(exact.as_tuple().exponent), 0))}%"


def terms(row: Simulation, *, sees_costs: bool) -> list[dict[str, Any]]:
    """Today's terms beside those asked about."""
    now = Today.of_plain(row.today)
    told = [
        (_("service level"), levels(now), level(row.service_level), _is_other_level(row, now)),
        (_("lead time in days"), number(now.lead_days), number(row.lead_days), now.lead_days != row.lead_days),
    ]
    if sees_costs:
        told += [
            (_("cost for each order line"), money(now.order_cost), money(row.order_cost), now.order_cost != row.order_cost),
            (_("holding rate"), plain_percent(now.holding_rate), plain_percent(row.holding_rate),
             now.holding_rate != row.holding_rate),
        ]  # fmt: skip
    return [
        {"title": capfirst(title), "today": today, "asked": asked, "is_other": other} for title, today, asked, other in told
    ]


def levels(now: Today) -> str:
    """One level, or from the lowest of a class to the highest."""
    found = sorted(now.class_levels.values()) or [now.service_level]
    lowest, highest = plain_percent(found[0]), plain_percent(found[-1])
    return lowest if lowest == highest else _("%(lowest)s to %(highest)s, by class") % {"lowest": lowest, "highest": highest}


def _is_other_level(row: Simulation, now: Today) -> bool:
    return {row.service_level} != set(now.class_levels.values() or [now.service_level])


def scope(row: Simulation, *, sees_costs: bool) -> str:
    """Which days and goods were played."""
    parts = [_("Played: %(first)s to %(last)s") % {"first": day(row.first), "last": day(row.last)}]
    if row.category:
        parts.append(row.category.path)
    if row.warehouse:
        parts.append(row.warehouse.name)
    if row.abc:
        parts.append(_("class %(class)s") % {"class": row.abc})
    parts.append(_("learned from %(what)s") % {"what": row.get_fed_display()})
    if found := row.result:
        parts.append(
            _("%(skus)s SKUs, %(units)s units") % {"skus": number(found["skus"]), "units": number(round(found["units"]))}
        )
    if sees_costs and found:
        parts.append(
            _("goods cost %(share)s of their price") % {"share": percent(found["cost_share"])}
            if found["cost_is_known"]
            else _("goods are taken to cost %(share)s of their price: no cost is known")
            % {"share": percent(found["cost_share"])}
        )
    return " · ".join(parts)


def sentences(row: Simulation, *, sees_costs: bool) -> list[str]:
    """The answer as one would say it to a colleague."""
    now, then = (row.result["policies"][name] for name in ("today", "what_if"))
    asked = (
        _("With %(level)s") % {"level": level(row.service_level)} if row.service_level else _("With levels as costs ask for")
    )
    told = [_traded(asked, now, then)] if sees_costs else []
    if sees_costs:
        told.append(_altogether(now, then, days=row.result["days"]))
    figures = {
        "fill": percent(then["unit_fill"]), "before": percent(now["unit_fill"]),
        "orders": number(_orders(then)), "orders_before": number(_orders(now)),
    }  # fmt: skip
    if abs(then["unit_fill"] - now["unit_fill"]) < SAME_FILL:
        told.append(
            _("%(fill)s of the units wanted would have been there, as with the terms of today, with %(orders)s order lines in "
              "place of %(orders_before)s.") % figures
        )  # fmt: skip
    else:
        told.append(
            _("%(fill)s of the units wanted would have been there in place of %(before)s, with %(orders)s order lines in "
              "place of %(orders_before)s.") % figures
        )  # fmt: skip
    return told


def _traded(asked: str, now: Mapping[str, Any], then: Mapping[str, Any]) -> str:
    stock, lost = then["stock_value"] - now["stock_value"], then["lost_margin"] - now["lost_margin"]
    figures = {"asked": asked, "stock": _money(abs(stock)), "margin": _money(abs(lost))}
    if stock >= 0 and lost <= 0:
        return _("%(asked)s the shop would hold %(stock)s more stock and lose %(margin)s less margin.") % figures
    if stock < 0 and lost > 0:
        return _("%(asked)s the shop would hold %(stock)s less stock and lose %(margin)s more margin.") % figures
    if stock < 0:
        return _("%(asked)s the shop would hold %(stock)s less stock and lose %(margin)s less margin.") % figures
    return _("%(asked)s the shop would hold %(stock)s more stock and lose %(margin)s more margin.") % figures


def _altogether(now: Mapping[str, Any], then: Mapping[str, Any], *, days: int) -> str:
    saved = now["total"] - then["total"]
    part = abs(saved) / now["total"] if now["total"] else 0.0
    figures = {"amount": _money(abs(saved)), "share": percent(part), "days": number(days)}
    if part < SAME_MONEY:
        return _("Stock, orders and lost margin together would have cost about the same in these %(days)s days.") % figures
    if saved > 0:
        return (
            _("Stock, orders and lost margin together would have cost %(amount)s (%(share)s) less in these %(days)s days.")
            % figures
        )
    return (
        _("Stock, orders and lost margin together would have cost %(amount)s (%(share)s) more in these %(days)s days.")
        % figures
    )


def comparison(row: Simulation, *, sees_costs: bool) -> list[dict[str, Any]]:
    """A row for each figure, with today's rule, the textbook's and what was asked about."""
    found = [row.result["policies"][name] for name in POLICIES]

    def told(title: str, words: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
        return {"title": title, "values": [{"text": words(one)} for one in found]}

    costly = [
        told(_("Cost together"), lambda one: _money(one["total"])),
        told(_("Holding"), lambda one: _money(one["holding"])),
        told(_("Ordering"), lambda one: _money(one["ordering"])),
        told(_("Lost margin"), lambda one: _money(one["lost_margin"])),
        told(_("Mean stock at cost"), lambda one: _money(one["stock_value"])),
    ]
    open_ = [
        told(_("Units filled"), lambda one: percent(one["unit_fill"])),
        told(_("Times between deliveries without shortage"), lambda one: percent(one["cycle_service"])),
        told(_("Days with an empty shelf"), lambda one: percent(one["empty_share"])),
        told(_("Days of cover"), lambda one: number(Decimal(str(round(one["cover_days"], 1))), 1)),
        told(_("Order lines"), lambda one: number(_orders(one))),
    ]
    captured = {"title": _("Captured"), "values": [_captured(one["captured"]) for one in found]}
    return [*costly, *open_, captured] if sees_costs else open_


def _captured(found: Mapping[str, float] | None) -> dict[str, str]:
    if not found:
        return {"text": "-"}
    return {"text": percent(found["figure"]), "small": f"{percent(found['low'])} – {percent(found['high'])}"}


def by_class(row: Simulation, *, sees_costs: bool) -> tuple[list[str], list[list[str]]]:
    now, then = (row.result["policies"][name]["by_class"] for name in ("today", "what_if"))
    heading = [pgettext("simulation", "class"), _("SKUs"), _("Units filled"), _("Order lines")]
    if sees_costs:
        heading += [_("Mean stock at cost"), _("Cost together")]
    rows = []
    for name, figures in sorted(then.items()):
        before = now[name]
        cells = [
            name, number(figures["skus"]), _arrow(percent, before["unit_fill"], figures["unit_fill"]),
            f"{number(_orders(before))} → {number(_orders(figures))}",
        ]  # fmt: skip
        if sees_costs:
            cells += [_arrow(_money, before[one], figures[one]) for one in ("stock_value", "total")]
        rows.append(cells)
    return heading, rows


def curve(row: Simulation, *, sees_costs: bool) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The exchange curve: how many units are filled from how much stock, by the shop's rule and by the textbook's."""
    across = "stock_value" if sees_costs else "cover_days"
    title = _("Mean stock at cost") if sees_costs else _("Days of cover")
    own, books = (sorted((one for one in row.result["curve"] if one["policy"] == name), key=lambda one: one[across])
                  for name in ("what_if", "textbook"))  # fmt: skip
    here, now = row.result["policies"]["what_if"], row.result["policies"]["today"]
    # By place: a curve that is bought along its own stock is drawn from left to right.
    drawn = drawing.curves(*(_places(points, across) for points in (own, books, [here], [now])))
    named = (
        (own, "line", _("the shop's rule")), (books, "earlier", rule("textbook")),
        ([here], "here", rule("what_if")), ([now], "now", rule("today")),
    )  # fmt: skip
    dots = [
        {"x": x, "y": y, "css": css, "words": _point(called, point, across)}
        for (points, css, called), places in zip(named, drawn.dots, strict=True)
        for point, (x, y) in zip(points, places, strict=True)
    ]
    chart = {
        "title": _("Units filled from how much stock"),
        "lines": [{"css": css, "path": path} for css, path in zip(("line", "earlier"), drawn.lines, strict=False)],
        "dots": dots,
        "legend": [{"css": css, "title": called} for _points, css, called in named],
        "rules": drawn.rules,
        "ticks": [percent(float(tick)) for tick in drawn.ticks],
        "labels": [brief(tick) for tick in drawn.right],
        "across": title,
        "words": _("From left to right: %(across)s. The higher line fills more from the same stock.") % {"across": title},
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }
    points = [
        {
            "rule": called,
            "level": level(one["level"]) if one["level"] else f"× {one['factor']:g}",
            "across": _across(one, across),
            "fill": percent(one["unit_fill"]),
            "orders": number(round(one["orders"] * row.result["skus"])),
        }
        for called, one in (*((_("the shop's rule"), one) for one in own), *((rule("textbook"), one) for one in books))
    ]
    return chart, points


def _places(points: Sequence[Mapping[str, Any]], across: str) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(str(round(one[across], 2))), Decimal(str(round(one["unit_fill"], 4)))) for one in points]


def _point(called: str, point: Mapping[str, Any], across: str) -> str:
    parts = [called]
    if point.get("level"):
        parts.append(level(point["level"]))
    parts += [_across(point, across), _("%(share)s filled") % {"share": percent(point["unit_fill"])}]
    return " · ".join(parts)


def _across(point: Mapping[str, Any], across: str) -> str:
    if across == "stock_value":
        return _money(point[across])
    return _("%(days)s days") % {"days": number(Decimal(str(round(point[across], 1))), 1)}


def table(row: Simulation, *, sees_costs: bool) -> tuple[list[str], list[list[str]]]:
    """All of it as a file: the whole, the classes, the curve."""
    costly = ("total", "holding", "ordering", "lost_margin", "stock_value") if sees_costs else ()
    figures = (*costly, "unit_fill", "value_fill", "cycle_service", "empty_share", "cover_days", "orders")
    titles = {
        "total": _("Cost together"), "holding": _("Holding"), "ordering": _("Ordering"), "lost_margin": _("Lost margin"),
        "stock_value": _("Mean stock at cost"), "unit_fill": _("Units filled"), "value_fill": _("Margin filled"),
        "cycle_service": _("Times between deliveries without shortage"), "empty_share": _("Days with an empty shelf"),
        "cover_days": _("Days of cover"), "orders": _("Order lines for each SKU"),
    }  # fmt: skip
    heading = [pgettext("simulation", "rule"), pgettext("simulation", "class"), _("service level"), _("SKUs")]
    return [*heading, *(titles[one] for one in figures)], list(_table(row, figures))


def _table(row: Simulation, figures: Sequence[str]) -> Iterator[list[str]]:
    for name in POLICIES:
        found = row.result["policies"][name]
        yield [rule(name), "", "", str(found["skus"]), *_plain(found, figures)]
        for group, part in sorted(found["by_class"].items()):
            yield [rule(name), group, "", str(part["skus"]), *_plain(part, figures)]
    for one in row.result["curve"]:
        yield [rule(one["policy"]), "", str(one["level"] or ""), str(row.result["skus"]), *_plain(one, figures)]


def _plain(found: Mapping[str, Any], figures: Sequence[str]) -> list[str]:
    return ["" if found.get(one) is None else str(round(found[one], 4)) for one in figures]


def _orders(figures: Mapping[str, Any]) -> int:
    lines: float = figures["orders"] * figures["skus"]
    return round(lines)


def _arrow(words: Callable[[float], str], before: float, after: float) -> str:
    return f"{words(before)} → {words(after)}"


def _money(amount: float) -> str:
    return money(Decimal(str(round(amount, 2))))
