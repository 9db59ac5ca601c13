"""Pages that tell who people are write down who looked: one row for each page, list or table."""

from ipaddress import ip_address
from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from config.kernel import accesses, clock
from config.kernel.accesses import Deed
from config.kernel.accounts import client_address
from config.kernel.admin.buttons import actor
from config.kernel.admin.house import HouseAdmin


def seen(request: HttpRequest, deed: Deed, of: Model | type[Model], *, people: int = 1, details: str = "") -> None:
    """That this person of the staff saw `people` of the rows of a model, or one row."""
    accesses.record(
        deed=deed,
        subject=of._meta.label_lower,
        row_key=of.pk if isinstance(of, Model) else "",
        people=people,
        details=details,
        actor=actor(request),
        address=address_of(request),
        at=clock.now(),
    )


def address_of(request: HttpRequest) -> str | None:
    """None where the server was reached by something that has no address."""
    try:
        return str(ip_address(client_address(request) or ""))
    except ValueError:
        return None


class TellsOfPeople(HouseAdmin):
    """Whoever has the permission sees people in full here, and is written down; others see masks."""

    personal_permission: ClassVar[str]

    def sees_people(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(self.personal_permission))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        page: HttpResponse = super().changelist_view(request, extra_context)
        shown = (getattr(page, "context_data", None) or {}).get("cl")
        if shown is not None and len(shown.result_list) and self.sees_people(request):
            seen(request, Deed.LISTED, self.model, people=len(shown.result_list))
        return page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and self.sees_people(request):
            seen(request, Deed.OPENED, row)
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page
