"""Writes all that is known of one customer into a file, for whoever asks what is kept of them."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from analytics.operations import persons
from campaigns.queries import customers
from config.kernel import clock
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Writes everything the shop keeps of a customer into a ZIP of JSON files; the access log keeps that it was done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer", help="The customer's id in the storefront.")
        parser.add_argument("file", type=Path, help="The file to write; it must not exist yet.")

    def handle(self, *args: Any, customer: str, file: Path, **options: Any) -> None:
        found = customers.by_external_id(customer)
        with file.open("xb") as written:
            written.write(persons.export(customer_id=found.pk, actor=None, at=clock.now()))
        self.stdout.write(f"{file}: {file.stat().st_size} bytes.")
