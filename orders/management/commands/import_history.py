"""Reads an old shop's past from its files."""

import json
import resource
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.kernel import clock
from config.kernel.management.refusing import OperationCommand
from orders.importing import report
from orders.importing.profiles import PROFILES
from orders.importing.reading import Source
from orders.operations import importing


class Command(OperationCommand):
    help = (
        "Imports orders, returns and stock of an old shop: everything in the files is written, or nothing. Rows that are left "
        "out are counted by reason. Importing the same files again adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("profile", choices=sorted(PROFILES), help="Which shop the files come from.")
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help=".xlsx, .csv or .csv.gz; all tables of the profile together."
        )
        parser.add_argument("--dry-run", action="store_true", help="Read, match, write and reconcile, then keep nothing.")
        parser.add_argument(
            "--shift-to-today", action="store_true",
            help="Move all dates by whole weeks, so that the last day falls on its weekday's latest date.",
        )  # fmt: skip
        parser.add_argument("--warehouse", default="IMPORT", help="The warehouse the goods left from (default: %(default)s).")
        parser.add_argument("--report", metavar="FILE", help="Also write the report there, as JSON.")
        parser.add_argument("--rejects", metavar="FILE", help="Also write the rows that were left out there, as CSV.")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = [Source(Path(name), Path(name).name) for name in options["files"]]
        for name in (options["report"], options["rejects"]):
            if name and not Path(name).absolute().parent.is_dir():
                raise CommandError(f"There is no folder for {name}.")
        at = clock.now()
        run = importing.request(
            profile=options["profile"],
            is_dry_run=options["dry_run"],
            shift_to_today=options["shift_to_today"],
            warehouse=options["warehouse"],
            names=[source.name for source in sources],
            actor=None,
            at=at,
        )
        run = importing.perform(run=run, sources=sources, at=at)
        if options["report"]:
            Path(options["report"]).write_text(json.dumps(run.report, ensure_ascii=False, indent=2), "utf-8")
        if options["rejects"] and run.rejects:
            shutil.copyfile(run.rejects.path, options["rejects"])
        self.stdout.write(report.readable(run.report))
        # Kibibytes on Linux.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        done = "Checked; nothing was kept." if run.is_dry_run else "Imported."
        self.stdout.write(f"{done} {run.seconds:.1f} seconds, peak memory {peak} MB.")
