"""Makes one customer unknown, for good."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from analytics.operations import erasing
from campaigns.queries import customers
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Erases a customer for good; numbers and amounts of orders stay. Refused while an order is open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="The customer's id in the storefront.")
        parser.add_argument("--reason", required=True, help="Why, without telling who it was: kept for good.")
        parser.add_argument("--yes", action="store_true", help="Needed, for nothing brings the person back.")

    def handle(self, *args: Any, customer: str, reason: str, yes: bool, **options: Any) -> None:
        if not yes:
            raise CommandError("Nothing was erased: say --yes.")
        at = clock.now()
        done = erasing.erase(customer_id=customers.by_external_id(customer).pk, reason=reason, actor=None, at=at)
        swept = erasing.sweep(at=at)
        self.stdout.write(f"Erased: {done.orders} orders, {done.visits} visits, {done.events + swept} events.")
