"""When staff may be disturbed. Pure."""

from datetime import datetime, time, timedelta, tzinfo


def due_at(at: datetime, begins: time | None, ends: time | None, zone: tzinfo) -> datetime:
    """The moment itself, or the end of the quiet hours it falls into, which may reach over midnight."""
    if begins is None or ends is None or begins == ends:
        return at
    local = at.astimezone(zone)
    now = local.time()
    quiet = begins <= now < ends if begins < ends else now >= begins or now < ends
    if not quiet:
        return at
    day = local.date() + timedelta(days=1 if begins > ends and now >= begins else 0)
    return datetime.combine(day, ends, tzinfo=zone)
