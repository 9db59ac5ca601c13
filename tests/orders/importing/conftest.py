from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override


@pytest.fixture(autouse=True)
def _a_british_shop(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.SHOP_CURRENCY = "GBP"
    settings.MEDIA_ROOT = str(tmp_path / "media")
    with override("en"):
        yield
