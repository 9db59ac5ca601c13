"""Recounts every promise of the shop. Exit code 1 when one is broken."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.kernel import clock, invariants


class Command(BaseCommand):
    help = "Recounts every promise of the shop and lists what is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON object instead of lines.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = invariants.check_all(at=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps({"checked": invariants.declared(), "violations": [asdict(one) for one in found]}))
        else:
            for one in found:
                self.stdout.write(f"{one.invariant}  {one.subject}: {one.detail}")
            self.stdout.write(f"Checked {', '.join(invariants.declared())}: {len(found)} violations.")
        if found:
            raise SystemExit(1)
