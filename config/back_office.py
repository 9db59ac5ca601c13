"""The site all pages of the back-office stand on, in the place of unfold's own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.apps import BasicAppConfig
from unfold.sites import UnfoldAdminSite


class BackOffice(UnfoldAdminSite):  # type: ignore[misc]
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Made only where it is looked at: each page is given the list of all models, and our sidebar shows its own links."""
        return SimpleLazyObject(lambda: super(BackOffice, self).get_app_list(request, app_label))

    def _get_is_tab_active(self, request: HttpRequest, tabs: list[dict[str, Any]], link: Any) -> bool:
        """Asked for each link of the sidebar: only its own tabs are looked through. All of them were a tenth of each page."""
        own = [tab for tab in tabs if any(one["link"] == link for one in tab["items"])]
        return bool(own) and bool(super()._get_is_tab_active(request, own, link))


class BackOfficeConfig(BasicAppConfig):  # type: ignore[misc]
    def ready(self) -> None:
        admin.site = sites.site = BackOffice()
