"""Asks the first what-if of a demo shop, so that its page shows what an answer looks like."""

from decimal import Decimal
from typing import Any

from analytics.models import Simulation
from analytics.operations import simulations
from analytics.operations.simulations import Question
from analytics.queries import buying_terms
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand

LEVEL = Decimal("0.97")
DAYS = 91


class Command(OperationCommand):
    help = "Plays one what-if with a service level of 97 percent. A shop that has one is left as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        if Simulation.objects.exists():
            self.stdout.write("A what-if stands already; nothing was changed.")
            return
        at, now = clock.now(), buying_terms.today()
        question = Question(LEVEL, now.lead_days, now.order_cost, now.holding_rate, DAYS)
        asked = simulations.ask(question=question, actor=None, at=at)
        played = simulations.play(simulation_id=asked.pk, at=at)
        self.stdout.write(f"What if the service level were 97 percent: {played.state}, {played.seconds or 0:.1f} s.")
