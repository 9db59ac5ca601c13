"""The shop's settings with what tests need otherwise."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS, LOGGING

# Hashing that resists guessing is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING["root"]["level"] = "WARNING"
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Each client of a test would else read the folders of all static files anew.
WHITENOISE_AUTOREFRESH = True
# A subscriber, jobs and endpoints that do as they are told.
INSTALLED_APPS = [*INSTALLED_APPS, "tests.probe"]
