"""The root of all addresses."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config.kernel import api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("config.kernel.urls")),
    # Each app brings its own addresses, the busiest first; analytics may be unplugged.
    *(path("", include(f"{app}.urls")) for app in ("orders", "inventory", "campaigns", "analytics") if apps.is_installed(app)),
    re_path(r"^api/[\s\S]*\Z", api.no_such_address),
]

handler400 = "config.kernel.api.bad_request"
handler500 = "config.kernel.api.server_error"
