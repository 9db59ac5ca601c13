"""The root of all addresses."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("config.kernel.urls")),
    # Each app brings its own addresses; analytics may be unplugged.
    *(path("", include(f"{app}.urls")) for app in ("inventory", "campaigns", "orders", "analytics") if apps.is_installed(app)),
]

handler400 = "config.kernel.api.bad_request"
handler404 = "config.kernel.api.not_found"
handler500 = "config.kernel.api.server_error"
