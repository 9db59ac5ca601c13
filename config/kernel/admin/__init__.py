"""The kernel's pages. Later apps inherit `HouseAdmin`, `ReadOnlyAdmin` and `ButtonsAdmin` from `house` and `buttons`."""

from config.kernel.admin import accesses, audit, home, job_runs, logins, navigation, outbox, schedule, staff, tokens

__all__ = ["accesses", "audit", "home", "job_runs", "logins", "navigation", "outbox", "schedule", "staff", "tokens"]
