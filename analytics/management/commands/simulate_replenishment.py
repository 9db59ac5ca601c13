"""Tries policies of purchasing on recorded demand, and prints what each would have cost."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from analytics.queries import demand_traces
from config.kernel import clock, shop
from config.kernel.management.refusing import OperationCommand
from inventory.queries import terms

if TYPE_CHECKING:
    from analytics.simulation.reporting import Figures, Interval
    from analytics.simulation.running import Report
    from analytics.simulation.traces import Traces

SHOP = "shop"
# Of a history in a folder, in its currency.
ORDER_COST, HOLDING_RATE = 4.0, 0.25
POLICIES = ("own", "own-rq", "fixed", "cover", "textbook", "power")
EXTRA = 'The simulator counts with arrays: install the extra "forecast" (pip install "backoffice[forecast]").'
HEADING = (
    f"{'':26}{'total':>12}{'holding':>12}{'ordering':>12}{'lost margin':>13}{'fill':>7}{'value':>7}"
    f"{'x referee':>22}{'captured':>10}"
)
# No delivery takes longer than a year.
LONGEST_LEAD = 365


def days(told: str) -> tuple[int, ...]:
    found = tuple(int(one) for one in told.split(","))
    if not all(0 < one <= LONGEST_LEAD for one in found):
        raise ValueError(f"Days from 1 to {LONGEST_LEAD}, please.")
    return found


class Command(OperationCommand):
    help = "Plays months of demand against policies of purchasing and prints cost, fill, service and the exchange curve."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--history", required=True, help='A folder with the CSV files of Online Retail, or "shop" for the own past.'
        )
        parser.add_argument(
            "--policy", action="append", choices=POLICIES, help="May be given several times (default: all but own-rq)."
        )
        parser.add_argument("--lead-time", type=int, default=7, help="Days (default: %(default)s).")
        parser.add_argument("--lead-spread", type=float, default=0.0, help="Deviation over mean, gamma (default: %(default)s).")
        parser.add_argument(
            "--lead-days", type=days, default=(), help='What deliveries took, as "5,7,7,12": each order draws one of them.'
        )
        parser.add_argument("--budget", type=float, help="Of all orders of one evening at cost; the least cover comes first.")
        parser.add_argument("--late", type=float, default=0.0, help="Share of orders that take twice as long.")
        parser.add_argument("--fed", choices=("sales", "demand"), default="sales", help="What policies learn from.")
        parser.add_argument("--backorders", action="store_true", help="Who finds nothing waits.")
        parser.add_argument("--margin-factor", type=float, default=1.0, help="Multiplies the margin of a lost unit.")
        parser.add_argument(
            "--order-cost",
            type=float,
            help="Of an order line, in the history's currency (default: 4, or what the shop reckons with).",
        )
        parser.add_argument(
            "--holding-rate",
            type=float,
            help="Of a year, as a share of the cost (default: 0.25, or what the shop reckons with).",
        )
        parser.add_argument("--moq", type=int, default=1, help="The least one may order.")
        parser.add_argument("--pack", type=int, default=1, help="Orders come in multiples of this.")
        parser.add_argument("--order-days", type=int, default=1, help="The supplier takes orders every so many days.")
        parser.add_argument("--service-level", type=float, help='What "own" aims at in place of what costs ask for, as 0.97.')
        parser.add_argument("--warm-up", type=int, default=182, help="Days of the own past that are known history.")
        parser.add_argument("--met-days", type=int, default=122, help="Days of the own past that are played.")
        parser.add_argument("--curve", action="store_true", help="The exchange curve too: stock against fill, over margins.")
        parser.add_argument("--by-class", action="store_true", help="By ABC x XYZ too.")
        parser.add_argument(
            "--surges", type=float, default=0.0, help="Share of SKUs that are wanted 3 to 10 times as much a while."
        )
        parser.add_argument("--new", type=float, default=0.0, help="Share of SKUs of which only 14 days of the past are known.")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from analytics.simulation import running, traces, world
            from analytics.simulation.policies import Name
        except ImportError as absent:
            raise CommandError(EXTRA) from absent
        played = self._traces(options)
        if not played.skus:
            raise CommandError("The history holds no SKU that sold often enough.")
        if options["surges"]:
            played, planted = traces.with_surges(played, share=options["surges"], days=14, seed=options["seed"])
            self.stdout.write(f"{len(planted.rows)} SKUs surge for {planted.days} days.")
        if options["new"]:
            played = traces.without_past(played, share=options["new"], known_days=14, seed=options["seed"])
        order_cost, holding_rate = costs(options)
        setting = world.Setting(
            lead_days=options["lead_time"],
            lead_spread=options["lead_spread"],
            lead_records=options["lead_days"],
            budget=options["budget"],
            late_share=options["late"],
            fed=world.Fed(options["fed"]),
            backorders=options["backorders"],
            order_cost=order_cost,
            holding_rate=holding_rate,
            margin_factor=options["margin_factor"],
            minimum_quantity=options["moq"],
            order_multiple=options["pack"],
            order_days=options["order_days"],
            service_level=options["service_level"],
            seed=options["seed"],
        )
        chosen = [Name(name) for name in options["policy"] or POLICIES if options["policy"] or name != "own-rq"]
        settings = running.Settings(
            world=setting, names=tuple(chosen), curve=running.MARGIN_FACTORS if options["curve"] else ()
        )
        for line in lines(running.run(played, settings), by_class=options["by_class"]):
            self.stdout.write(line)

    def _traces(self, options: dict[str, Any]) -> "Traces":
        from analytics.simulation import online_retail
        from analytics.simulation.traces import Traces

        if options["history"] == SHOP:
            today = shop.day(clock.now())
            days = options["warm_up"] + options["met_days"]
            past = demand_traces.daily(first=today - timedelta(days=days), last=today - timedelta(days=1))
            return Traces.of(past.units, past.prices, warm_up=options["warm_up"])
        files = files_in(Path(options["history"]))
        if not files:
            raise CommandError(f"{options['history']} holds no online_retail_*.csv or .csv.gz.")
        return online_retail.traces(rows_of(files))


def costs(options: dict[str, Any]) -> tuple[float, float]:
    """Of an order line, and of a year on the shelf: as given, else what the shop reckons with of its own past."""
    order_cost, holding_rate = ORDER_COST, HOLDING_RATE
    if options["history"] == SHOP:
        rules = terms.rules()
        order_cost, holding_rate = float(rules.order_line_cost), float(rules.holding_rate)
    given = options["order_cost"], options["holding_rate"]
    return order_cost if given[0] is None else given[0], holding_rate if given[1] is None else given[1]


def files_in(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.glob("online_retail_*.csv*"))


def rows_of(files: Iterable[Path]) -> Iterator[dict[str, str]]:
    for file in files:
        with gzip.open(file, "rt") if file.suffix == ".gz" else file.open("rt") as opened:
            yield from csv.DictReader(opened)


def lines(report: "Report", *, by_class: bool) -> Iterator[str]:
    """A report as a table for people."""
    yield f"{report.skus} SKUs, {report.days} days, {report.units:,.0f} units"
    yield HEADING
    for result in report.results:
        yield _line(result.name, result.whole, result.against, result.captured)
    yield f"{'clairvoyant':26}{report.clairvoyant:12,.0f}"
    yield ""
    yield f"{'':26}{'cycles':>9}{'sold out':>9}{'cover':>8}{'orders':>8}{'order var.':>11}{'stock value':>13}"
    for result in report.results:
        yield _more(result.name, result.whole)
    if by_class:
        for result in report.results:
            yield ""
            for group, figures in result.by_class.items():
                yield _line(f"{result.name} {group} ({figures.skus})", figures, None, None)
    if report.curve:
        yield ""
        yield f"{'margin x, or level':>26}{'stock value':>13}{'fill':>7}{'value':>7}{'total':>12}"
        for point in report.curve:
            found = point.figures
            setting = f"{point.margin_factor:g}" if point.service_level is None else f"{point.service_level:.0%}"
            yield (
                f"{point.name:>16}{setting:>10}{found.stock_value:13,.0f}{found.unit_fill:7.3f}"
                f"{found.value_fill:7.3f}{found.total:12,.0f}"
            )


def _line(name: str, found: "Figures", against: "Interval | None", captured: "Interval | None") -> str:
    text = (
        f"{name:26}{found.total:12,.0f}{found.holding:12,.0f}{found.ordering:12,.0f}{found.lost_margin:13,.0f}"
        f"{found.unit_fill:7.3f}{found.value_fill:7.3f}"
    )
    if against:
        text += f"{against.figure:8.3f} ({against.low:.3f}-{against.high:.3f})"
    return text + (f"{captured.figure:9.1%}" if captured else "")


def _more(name: str, found: "Figures") -> str:
    return (
        f"{name:26}{found.cycle_service:9.3f}{found.empty_share:9.3f}{found.cover_days:8.1f}{found.orders:8.2f}"
        f"{found.order_variance:11.2f}{found.stock_value:13,.0f}"
    )
