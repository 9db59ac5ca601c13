"""`manage.py forecast_demand`: a night of forecasts here and now, and of evenings before it so that they can be judged."""

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from analytics.operations import demand, forecasts
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Forecasts the demand for each SKU in each warehouse, in this process instead of by the workers at night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--weeks", type=int, default=0, help="Forecasts the evenings of so many weeks before as well, a week apart."
        )

    def handle(self, *args: Any, weeks: int, **options: Any) -> None:
        if not forecasts.is_installed():
            self.stdout.write(f"Nothing was forecast: install the extra “{forecasts.EXTRA}”.")
            return
        at = clock.now()
        origin = demand.yesterday(at=at)
        for ago in range(max(weeks, 0), -1, -1):
            began, evening = time.monotonic(), origin - timedelta(days=7 * ago)
            made = forecasts.night(origin=evening, at=at)
            self.stdout.write(f"{made} forecasts of the evening of {evening} in {time.monotonic() - began:.1f} s.")
