"""Staff, service accounts and roles."""

from itertools import groupby
from typing import Any

import django.contrib.auth.admin  # noqa: F401  registers Group, which is taken over below
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from config.kernel.admin import rights, wording
from config.kernel.admin.house import HouseAdmin
from config.kernel.models import User
from config.kernel.roles import Role


class ServiceStaysOutside(forms.ModelForm):  # type: ignore[type-arg]
    """Says in the form what the database constraint `user_service_is_not_staff` would refuse."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("is_service", self.instance.is_service):
            for name in ("is_staff", "is_superuser"):
                if cleaned.get(name):
                    self.add_error(name, _("A service account speaks by token only; it cannot have staff rights."))
        return cleaned


class StaffChangeForm(ServiceStaysOutside, UserChangeForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = (
            "username", "password", "last_name", "first_name", "email", "is_active", "is_staff", "is_superuser", "is_service",
            "groups",
        )  # fmt: skip


class StaffCreationForm(UserCreationForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = ("username",)


class ByRole(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(group.pk), wording.role_title(group)) for group in Group.objects.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(groups=self.value()) if (self.value() or "").isdigit() else queryset


@admin.register(User)
class StaffAdmin(PlainUserAdmin, HouseAdmin):  # type: ignore[misc,type-arg]
    form = StaffChangeForm
    add_form = StaffCreationForm
    change_password_form = AdminPasswordChangeForm
    called = (gettext_lazy("account"), gettext_lazy("accounts"))
    list_display = ("username", "full_name", "role_labels", "kind", "is_active", "seen")
    list_filter = ("is_service", "is_active", ByRole)
    search_fields = ("username", "first_name", "last_name", "email")
    search_help_text = gettext_lazy("Search by name or e-mail")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("seen", "joined", "is_service")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("last_name", "first_name", "email")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "is_service", "groups")}),
        (gettext_lazy("Dates"), {"fields": ("seen", "joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (gettext_lazy("Access"), {"fields": ("is_staff", "groups")}),
    )

    seen = wording.moment_column("last_login", gettext_lazy("last login"))
    joined = wording.moment_column("date_joined", gettext_lazy("date joined"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description=gettext_lazy("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "-"

    @display(description=gettext_lazy("roles"), label=True)
    def role_labels(self, user: User) -> list[str] | None:
        return [wording.role_title(group) for group in user.groups.all()] or None

    @display(
        description=gettext_lazy("kind"), label={"OWNER": "warning", "STAFF": "info", "SERVICE": "success", "NONE": "danger"}
    )
    def kind(self, user: User) -> tuple[str, str]:
        if user.is_service:
            return "SERVICE", _("service account")
        if user.is_superuser:
            return "OWNER", _("all rights")
        return ("STAFF", _("staff")) if user.is_staff else ("NONE", _("no access"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes an account, or sets its password, that may do more than they may themselves."""
        return super().has_change_permission(request, obj) and (obj is None or rights.covers_account(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What somebody did stays on record, so an account is switched off instead."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_readonly_fields(request, obj))
        return fields if getattr(request.user, "is_superuser", False) else [*fields, "is_superuser"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None:
            field.queryset = rights.roles_within(request.user).order_by("pk")
            field.label = _("Roles")
            field.help_text = _("A role decides what this person sees and may do.")
            field.label_from_instance = wording.role_title
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups" and field is not None:
            field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=field.choices)
        return field


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(PlainGroupAdmin, HouseAdmin):  # type: ignore[misc]
    called = (gettext_lazy("role"), gettext_lazy("roles"))
    list_display = ("title", "code", "members", "permission_count")
    list_display_links = ("title",)
    search_fields = ()
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"member_count": Count("user", distinct=True), "granted": Count("permissions", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    @display(description=gettext_lazy("role"))
    def title(self, group: Group) -> str:
        return wording.role_title(group)

    @display(description=gettext_lazy("code"))
    def code(self, group: Group) -> str:
        return group.name if group.name in Role else "-"

    @display(description=gettext_lazy("members"), ordering="member_count")
    def members(self, group: Any) -> int:
        return int(group.member_count)

    @display(description=gettext_lazy("permissions"), ordering="granted")
    def permission_count(self, group: Any) -> int:
        return int(group.granted)

    @display(description=gettext_lazy("permissions"))
    def permission_titles(self, group: Group) -> str:
        rows = group.permissions.select_related("content_type").order_by("content_type__app_label", "content_type__model", "pk")
        lines = (
            (wording.model_title(kind.model_class()), " · ".join(wording.permission_verb(one) for one in permissions))
            for kind, permissions in groupby(rows, key=lambda one: one.content_type)
        )
        return format_html_join("", '<div class="fact"><span>{}</span><b>{}</b></div>', lines) or "-"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_open_to(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_open_to(request, obj)

    def _is_open_to(self, request: HttpRequest, group: Group | None) -> bool:
        """What the shop's own roles may do is written in its code; the others are for whoever may do all they grant."""
        return group is None or (group.name not in Role and rights.covers_role(request.user, group))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("title", "code", "permission_titles") if obj and obj.name in Role else ("name", "permissions")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("title", "code", "permission_titles") if obj and obj.name in Role else ()

    def title_of(self, group: Group) -> str:
        return wording.role_title(group)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "permissions" and field is not None and request is not None:
            field.queryset = rights.held_by(request.user).select_related("content_type")
            field.label_from_instance = wording.permission_title
        return field
