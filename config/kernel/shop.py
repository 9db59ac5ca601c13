"""The shop's calendar as its settings say. Rules, which know no settings, are handed the zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from config.kernel.business_time import business_day


def zone() -> ZoneInfo:
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)


def day(at: datetime) -> date:
    """The day on the shop's calendar when the moment came."""
    return business_day(at, zone())
