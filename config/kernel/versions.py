"""Who acts on what an older page showed is told so, and nothing happens."""

from django.utils.translation import gettext_lazy as _

from config.kernel.errors import Stale


def require_seen(*, now: str, seen: str) -> None:
    """Refuses unless the page showed the present version. To be exact, hold the lock of what is looked at."""
    if now != seen:
        raise Stale(_("Somebody else has changed this meanwhile. Look at it once more and repeat what is still needed."))
