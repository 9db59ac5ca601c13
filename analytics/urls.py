"""The addresses of this app: the script for shop fronts, and its API below /api/v1/. Its staff pages are the admin's."""

from django.urls import URLPattern, URLResolver, path

from analytics import views as pages
from analytics.api import spend, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("events.js", pages.events_script, name="events-script"),
    path("api/v1/events/", views.EventsView.as_view(), name="events"),
    path("api/v1/events/proof/", views.ProofView.as_view(), name="events-proof"),
    path("api/v1/events/kinds/", views.KindsView.as_view(), name="events-kinds"),
    path("api/v1/spend/", spend.SpendView.as_view(), name="spend"),
]
