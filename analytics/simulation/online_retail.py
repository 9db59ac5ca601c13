"""The traces of the public data set "Online Retail" (UCI, CC BY 4.0), December 2010 to September 2011: the cleaning rules.

A row counts as demand where it is no cancellation (the invoice does not begin with C), its quantity and price are above zero,
and its code, in capitals, begins with five digits: goods, not postage, fees or samples. A unit is asked for on the day of its
invoice. The price of a SKU is the median over its rows. Kept are the SKUs that were sold before 2 March 2011 and on at least 14
days until 31 May: 1,996, with 182 days of known history and 122 days to be met, 1.316 million units.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median

from analytics.simulation.traces import Traces

FIRST, LAST = date(2010, 12, 1), date(2011, 9, 30)
WARM_UP = 182
KNOWN_BY = 91  # days from the first one
LEAST_DAYS = 14
GOODS = re.compile(r"\d{5}")


def traces(rows: Iterable[Mapping[str, str]]) -> Traces:
    """From the rows of the files, as they stand."""
    length = (LAST - FIRST).days + 1
    units: dict[str, list[int]] = defaultdict(lambda: [0] * length)
    prices: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        sku, quantity, price = row["StockCode"].upper(), int(row["Quantity"]), float(row["UnitPrice"])
        day = (date.fromisoformat(row["InvoiceDate"][:10]) - FIRST).days
        if row["InvoiceNo"].startswith("C") or quantity <= 0 or price <= 0 or not GOODS.match(sku) or not 0 <= day < length:
            continue
        units[sku][day] += quantity
        prices[sku].append(price)
    kept = {sku: days for sku, days in units.items() if any(days[:KNOWN_BY]) and sum(map(bool, days[:WARM_UP])) >= LEAST_DAYS}
    return Traces.of(dict(kept), {sku: median(prices[sku]) for sku in kept}, warm_up=WARM_UP)
