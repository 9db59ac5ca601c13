"""The addresses of this app: the script for shop fronts, and its API below /api/v1/. Its staff pages are the admin's."""

from django.urls import URLPattern, URLResolver, path

from analytics import views as pages
from analytics.api import (
    feeds,
    metrics,
    rhythm,
    spend,
    trending,
    views,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("events.js", pages.events_script, name="events-script"),
    path("api/v1/events/", views.EventsView.as_view(), name="events"),
    path("api/v1/events/proof/", views.ProofView.as_view(), name="events-proof"),
    path("api/v1/trending/", trending.TrendingView.as_view(), name="trending"),
    path("api/v1/events/kinds/", views.KindsView.as_view(), name="events-kinds"),
    path("api/v1/customers/<str:external_id>/rhythm/", rhythm.RhythmView.as_view(), name="customer-rhythm"),
    path("api/v1/metrics/", metrics.MetricsView.as_view(), name="metrics"),
    path("api/v1/metrics/<slug:code>/", metrics.MetricView.as_view(), name="metric"),
    path("api/v1/feeds/", feeds.FeedsView.as_view(), name="feeds"),
    path("api/v1/feeds/<slug:name>.csv", feeds.FeedCSVView.as_view(), name="feed-csv"),
    path("api/v1/odata/", feeds.ODataView.as_view(), name="odata"),
    path("api/v1/odata/$metadata", feeds.ODataMetadataView.as_view(), name="odata-metadata"),
    path("api/v1/odata/<slug:name>", feeds.ODataSetView.as_view(), name="odata-set"),
    path("api/v1/spend/", spend.SpendView.as_view(), name="spend"),
]
