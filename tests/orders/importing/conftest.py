from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _a_british_shop(settings: Any, tmp_path: Path) -> None:
    settings.SHOP_CURRENCY = "GBP"
    settings.MEDIA_ROOT = str(tmp_path / "media")
