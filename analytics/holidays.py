"""Public holidays of the country the shop does business in, by its time zone. A zone that is not known has none."""

from datetime import date
from functools import lru_cache

from django.conf import settings

COUNTRIES = {"Asia/Seoul": "KR"}
LANGUAGES = {"ko": "ko", "en": "en_US"}


def between(first: date, last: date, language: str) -> dict[date, str]:
    """Names by day, in the staff's language."""
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        found |= _of_year(COUNTRIES.get(settings.BUSINESS_TIME_ZONE, ""), year, LANGUAGES.get(language, "en_US"))
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


@lru_cache(maxsize=64)
def _of_year(country: str, year: int, language: str) -> dict[date, str]:
    if not country:
        return {}
    # Loaded with the first chart, not with every process.
    import holidays

    return dict(holidays.country_holidays(country, years=year, language=language))


# Their days move with the moon; the name is the one of the feast's own day.
FEASTS = {"KR": ("설날", "추석")}


def feasts(years: range) -> dict[str, dict[int, date]]:
    """The day of each moving feast, by name and year."""
    country = COUNTRIES.get(settings.BUSINESS_TIME_ZONE, "")
    found: dict[str, dict[int, date]] = {name: {} for name in FEASTS.get(country, ())}
    for year in years:
        for day, names in _of_year(country, year, "ko").items():
            for name in names.split("; "):
                if name in found:
                    found[name][year] = day
    return found
