"""Writes the roles and their permissions down as groups. Running it again changes nothing."""

from typing import Any

from config.kernel import installing
from config.kernel.management.refusing import OperationCommand


class Command(OperationCommand):
    help = "Makes a group for each role with exactly the permissions that the apps grant it."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = installing.sync_roles()
        for role, number in counts.items():
            self.stdout.write(f"{role.value}: {number} permissions.")
