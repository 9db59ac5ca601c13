"""Buttons that call one operation each, some after asking by a form. A refusal becomes a message on the page it came from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from config.kernel import versions, waits
from config.kernel.admin import row_links, slips, wording
from config.kernel.admin.house import HouseAdmin
from config.kernel.errors import DomainError, Stale
from config.kernel.models import User

T = TypeVar("T")

# Every table that keeps a reason has room for this many characters.
LONGEST_REASON = 200
READ_LATER = gettext_lazy("Whoever looks at it later reads it.")


def actor(request: HttpRequest) -> User:
    """Who acts: pages of the admin are open to logged-in staff only."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What an operation returned, which may be nothing."""

    value: T


def attempt(request: HttpRequest, call: Callable[[], T], *, row: str = "") -> Answer[T] | None:
    """The answer of one operation; None when it refused, with the refusal as a message. Of several rows it names its `row`."""
    try:
        with waits.refusing():
            return Answer(call())
    except DomainError as refusal:
        told = getattr(refusal, "told_of_row", refusal) if row else refusal
        messages.error(request, f"{row}: {told}" if row else str(told))
        return None


@dataclass(frozen=True)
class Button:
    name: str
    title: Any
    icon: str
    permission: str
    press: Callable[..., Any]
    shown: Callable[[Any], bool]
    form: type["ButtonForm"] | None = None
    explanation: Any = ""
    danger: bool = False
    quiet: Callable[[Any], bool] = lambda row: False
    noted: Callable[[Any, dict[str, Any]], str] = lambda row, values: ""
    outside: bool = False


def operation_button(
    *,
    title: Any,
    permission: str,
    icon: str = "play_arrow",
    shown: Callable[[Any], bool] = lambda row: True,
    form: type["ButtonForm"] | None = None,
    explanation: Any = "",
    danger: bool = False,
    quiet: Callable[[Any], bool] = lambda row: False,
    noted: Callable[[Any, dict[str, Any]], str] = lambda row, values: "",
    outside: bool = False,
) -> Callable[[Callable[..., Any]], Button]:
    """Declares `press(self, request, row) -> message | None` as a button of a detail page.

    `press` makes one operation call and returns what to tell the staff member, or None when it is enough that it is done; a
    `DomainError` is told in its own words. `shown` decides from the row whether the button makes sense, and is asked again
    when it is pressed. With a `form` the button opens a page that asks first, headed by `explanation`, and `press` is called
    as `press(self, request, row, values)` with what was typed. `danger` is for what cannot be taken back, `quiet`
    tells from the row when the button is at hand without being the next thing to do. `noted` says, from the row as it was and
    what was typed, what the audit keeps beside the title: what it was, what it is, and why, without words of a language.
    `outside` is for what speaks with another system: it is called when the page is spent and no transaction is open, and what
    the audit keeps is written afterwards.
    """

    def declare(press: Callable[..., Any]) -> Button:
        return Button(press.__name__, title, icon, permission, press, shown, form, explanation, danger, quiet, noted, outside)

    return declare


class DayInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """The browser's own calendar, which works by thumb as well."""

    input_type = "date"


class ButtonForm(forms.Form):
    """What a button asks before it acts: plain form fields, dressed in the theme. `row` is what the button stands on."""

    WIDGETS: ClassVar[dict[type[forms.Widget], type[forms.Widget]]] = {
        forms.TextInput: UnfoldAdminTextInputWidget,
        forms.Textarea: UnfoldAdminTextareaWidget,
        forms.NumberInput: UnfoldAdminDecimalFieldWidget,
        forms.Select: UnfoldAdminSelectWidget,
        forms.DateInput: DayInput,
        forms.CheckboxInput: UnfoldBooleanWidget,
    }

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        self.prepare(row)
        for field in self.fields.values():
            field.label = capfirst(field.label)
            dressed = self.WIDGETS.get(type(field.widget))
            if dressed is None:
                continue
            widget = dressed(attrs={name: value for name, value in field.widget.attrs.items() if name != "class"})
            widget.is_required = field.required
            if isinstance(field, forms.ChoiceField):
                widget.choices = field.choices  # type: ignore[attr-defined]
            field.widget = widget

    def prepare(self, row: Any) -> None:
        """Where a form adds the fields, choices and initial values that depend on the row."""


def reason_field(
    *, required: bool = True, longest: int = LONGEST_REASON, help_text: Any = READ_LATER, **more: Any
) -> forms.CharField:
    """Asks why. What is written ends in the history of what the button stands on."""
    label = pgettext_lazy("why", "Reason")
    return forms.CharField(label=label, max_length=longest, required=required, help_text=help_text, **more)


class ReasonForm(ButtonForm):
    """All a button asks that only needs to know why, and the base of those that ask more."""

    reason = reason_field()


class ButtonsAdmin(HouseAdmin):
    """Shows the class's operation buttons on the detail page. They are pressed by POST only, and once from each page."""

    change_form_outer_before_template = "admin/_buttons.html"

    @classmethod
    def declared_buttons(cls) -> dict[str, Button]:
        found = (one for kind in reversed(cls.__mro__) for one in vars(kind).values())
        return {one.name: one for one in found if isinstance(one, Button)}

    def version_of(self, row: Any) -> str:
        """What changes whenever the row does. A button on a page that shows an older version is refused; empty: no check."""
        return ""

    def press_at(self, row: Any, seen: str, call: Callable[[], T]) -> T:
        """Calls the operation unless the row has changed since `seen`. To be exact, look and call under the row's lock."""
        versions.require_seen(now=self.version_of(row), seen=seen)
        return call()

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_press"
        press = path("<path:object_id>/press/<slug:button>/", self.admin_site.admin_view(self.press_view), name=name)
        return [press, *super().get_urls()]

    def press_view(self, request: HttpRequest, object_id: str, button: str) -> HttpResponse:
        pressed = self.declared_buttons().get(button)
        row = self.get_object(request, unquote(object_id))
        if pressed is None or row is None:
            raise Http404
        if request.method != "POST" and not (pressed.form and request.method == "GET"):
            return HttpResponseNotAllowed(["GET", "POST"] if pressed.form else ["POST"])
        if not self.has_view_permission(request, row) or not request.user.has_perm(pressed.permission):
            raise PermissionDenied
        try:
            slips.require_unspent(request)
        except slips.Spent as spent:
            messages.warning(request, str(spent))
            return self._back(row)
        if not pressed.shown(row):
            messages.error(request, _("“%(button)s” is not possible in the present state.") % {"button": pressed.title})
            return self._back(row)
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = pressed.form(*sent, row=row) if pressed.form else None
        if form is not None and not form.is_valid():
            return self._ask(request, row, pressed, form)
        seen = request.POST.get("seen", "")
        noted = pressed.noted(row, form.cleaned_data if form else {})

        def deed() -> Any:
            """With its entry in the audit, both or neither where it is done inside of the transaction."""
            told = self._call(request, row, pressed, form)
            self.log_change(request, row, wording.noted(pressed.title, noted))
            return told

        try:
            with waits.refusing():
                if pressed.outside:
                    slips.spend(request, lambda: self.press_at(row, seen, lambda: None))
                    told = deed()
                else:
                    told = slips.spend(request, lambda: self.press_at(row, seen, deed))
        except slips.Spent as spent:
            messages.warning(request, str(spent))
            return self._back(row)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self._back(row) if form is None or isinstance(refusal, Stale) else self._ask(request, row, pressed, form)
        done = _("“%(button)s” is done.") % {"button": pressed.title}
        messages.success(request, done if told is None else str(told))
        return self._back(row)

    def _call(self, request: HttpRequest, row: Any, button: Button, form: ButtonForm | None) -> Any:
        return button.press(self, request, row) if form is None else button.press(self, request, row, form.cleaned_data)

    def _ask(self, request: HttpRequest, row: Any, button: Button, form: ButtonForm) -> HttpResponse:
        """The page of a form. What is sent from it carries the version that was seen when it was first opened."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"{self.title_of(row)} · {button.title}",
            "form": form,
            "hidden": {"seen": request.POST.get("seen", self.version_of(row)), slips.FIELD: slips.kept(request)},
            "explanation": button.explanation,
            "submit": button.title,
            "danger": button.danger,
            "back": self._address(row),
        }
        return TemplateResponse(request, "admin/_form_page.html", context)

    def _back(self, row: Any) -> HttpResponse:
        return HttpResponseRedirect(self._address(row))

    def _address(self, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def buttons_for(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """What this person may press on this row now."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_press"
        seen = self.version_of(row)
        return [
            {
                "title": one.title,
                "icon": one.icon,
                "url": reverse(name, args=[row.pk, one.name]),
                "asks": one.form is not None,
                "style": "danger" if one.danger else "quiet" if one.quiet(row) else "",
                "seen": seen,
                "slip": slips.fresh(),
            }
            for one in self.declared_buttons().values()
            if request.user.has_perm(one.permission) and one.shown(row)
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            links = row_links.shown(self.opts.label_lower, row, request)
            context["operation_buttons"] = [*self.buttons_for(request, row), *links]
        return super().render_change_form(request, context, *args, **kwargs)
