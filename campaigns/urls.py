"""The addresses of this app: its API below /api/v1/, and its staff pages."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
