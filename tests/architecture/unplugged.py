"""The shop without analytics: whoever only observes can be unplugged."""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES as PLUGGED_DATABASES
from tests.settings import INSTALLED_APPS as PLUGGED_APPS

INSTALLED_APPS = [app for app in PLUGGED_APPS if app.split(".")[0] != "analytics"]

# A test database of its own, beside the one of the run that started this one.
DATABASES = {
    **PLUGGED_DATABASES,
    "default": {
        **PLUGGED_DATABASES["default"],
        "TEST": {**PLUGGED_DATABASES["default"].get("TEST", {}), "NAME": "test_unplugged"},
    },
}
