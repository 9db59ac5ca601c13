"""The addresses of the report pages of stock, which hang on the list of stock levels."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.urls import URLPattern, path

from config.kernel.admin.house import HouseAdmin
from inventory.admin import ageing, expiring, projection, valuation


class StockReports(HouseAdmin):
    def get_urls(self) -> list[URLPattern]:
        wrap: Callable[[Any], Any] = self.admin_site.admin_view
        pages = {
            ("valuation/", "valuation"): valuation.page,
            ("valuation.csv", "valuation_csv"): valuation.file,
            ("valuation.xlsx", "valuation_xlsx"): partial(valuation.file, as_workbook=True),
            ("write-offs/", "losses"): valuation.losses_page,
            ("write-offs.csv", "losses_csv"): valuation.losses_file,
            ("ageing/", "ageing"): ageing.page,
            ("ageing.csv", "ageing_csv"): ageing.file,
            ("ageing.xlsx", "ageing_xlsx"): partial(ageing.file, as_workbook=True),
            ("ageing/<int:level_id>/dismiss/", "ageing_dismiss"): ageing.dismiss,
            ("expiring/", "expiring"): expiring.page,
            ("expiring.csv", "expiring_csv"): expiring.file,
            ("projection/", "projection"): projection.page,
            ("projection.csv", "projection_csv"): projection.file,
        }
        own = [path(address, wrap(view), name=f"inventory_{name}") for (address, name), view in pages.items()]
        return [*own, *super().get_urls()]
