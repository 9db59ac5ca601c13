"""The views by which programs of others read the shop: their names and columns are a promise. Pure."""

from analytics.reading.v1 import SCHEMA, VIEWS
from analytics.reading.values import Column, View

__all__ = ("SCHEMA", "VIEWS", "Column", "View")
