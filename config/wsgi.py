"""The web servers' door."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# All views are loaded before the first request, and what is loaded stays: the collector need not look through it ever again.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
