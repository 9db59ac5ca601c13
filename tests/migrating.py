"""An empty database is migrated in a third of the time. Three are made in each run: one in each process, and one without
analytics.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db.migrations.state import ProjectState

OWN = ("config", "inventory", "campaigns", "orders", "analytics")


@contextmanager
def hastily() -> Iterator[None]:
    """When a migration of the shop changes a model, its neighbours, which are nearly all the others, are not made anew each
    time. What runs Python still gets all of them fresh. Packages of others change keys, and there neighbours matter.

    The schema is the same: tests/prove/test_migrations.py compares it with that of `manage.py migrate`.
    """
    thorough = ProjectState._find_reload_model
    own = {one.label for one in apps.get_app_configs() if one.name.split(".")[0] in OWN}

    def itself(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        if app_label not in own:
            return set(thorough(state, app_label, model_name, delay))
        state.is_delayed = True
        return {(app_label, model_name)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectState, "_find_reload_model", itself)
        yield
