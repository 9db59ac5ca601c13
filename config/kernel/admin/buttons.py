"""Buttons that call one operation each. A refusal becomes a message on the page the button stands on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from config.kernel.admin.house import HouseAdmin
from config.kernel.errors import DomainError
from config.kernel.models import User

T = TypeVar("T")


def actor(request: HttpRequest) -> User:
    """Who acts: pages of the admin are open to logged-in staff only."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What an operation returned, which may be nothing."""

    value: T


def attempt(request: HttpRequest, call: Callable[[], T]) -> Answer[T] | None:
    """The answer of one operation; None when it refused, with the refusal as a message."""
    try:
        return Answer(call())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return None


@dataclass(frozen=True)
class Button:
    name: str
    title: Any
    icon: str
    permission: str
    press: Callable[..., Any]
    shown: Callable[[Any], bool]


def operation_button(
    *, title: Any, permission: str, icon: str = "play_arrow", shown: Callable[[Any], bool] = lambda row: True
) -> Callable[[Callable[..., Any]], Button]:
    """Declares `press(self, request, row) -> message | None` as a button of a detail page.

    `press` makes one operation call and returns what to tell the staff member, or None when it is enough that it is done; a
    `DomainError` is told in its own words. `shown` decides from the row whether the button makes sense, and is asked again
    when it is pressed.
    """

    def declare(press: Callable[..., Any]) -> Button:
        return Button(press.__name__, title, icon, permission, press, shown)

    return declare


class ButtonsAdmin(HouseAdmin):
    """Shows the class's operation buttons on the detail page. They are pressed by POST only."""

    change_form_outer_before_template = "admin/_buttons.html"

    @classmethod
    def declared_buttons(cls) -> dict[str, Button]:
        found = (one for kind in reversed(cls.__mro__) for one in vars(kind).values())
        return {one.name: one for one in found if isinstance(one, Button)}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        press = path("<path:object_id>/press/<slug:button>/", self.admin_site.admin_view(self.press_view), name=name)
        return [press, *super().get_urls()]

    def press_view(self, request: HttpRequest, object_id: str, button: str) -> HttpResponse:
        pressed = self.declared_buttons().get(button)
        row = self.get_object(request, unquote(object_id))
        if pressed is None or row is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request, row) or not request.user.has_perm(pressed.permission):
            raise PermissionDenied
        if pressed.shown(row):
            answer = attempt(request, lambda: pressed.press(self, request, row))
            if answer is not None:
                self.log_change(request, row, str(pressed.title))
                done = _("“%(button)s” is done.") % {"button": pressed.title}
                messages.success(request, done if answer.value is None else str(answer.value))
        else:
            messages.error(request, _("“%(button)s” is not possible in the present state.") % {"button": pressed.title})
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            name = f"admin:{self.opts.app_label}_{self.opts.model_name}_press"
            context["operation_buttons"] = [
                {"title": one.title, "icon": one.icon, "url": reverse(name, args=[row.pk, one.name])}
                for one in self.declared_buttons().values()
                if request.user.has_perm(one.permission) and one.shown(row)
            ]
        return super().render_change_form(request, context, *args, **kwargs)
