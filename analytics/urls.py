"""This app has no addresses of its own yet: its pages are the admin's."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
