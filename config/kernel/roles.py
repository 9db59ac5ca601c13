"""The seven roles of the shop's staff, and which permissions each app grants them.

A role is a Django group named by its code. Each app says what its own permissions mean for the roles, from its AppConfig;
`manage.py sync_roles` writes it down. Owners get everything.
"""

from collections.abc import Iterable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")  # everything, staff and tokens included
    ORDER_CLERK = "order_clerk", _("Order clerk")  # orders, payments, returns, customers
    WAREHOUSE = "warehouse", _("Warehouse")  # picking, shipping, receiving, counting
    BUYER = "buyer", _("Buyer")  # suppliers, purchase orders, replenishment
    MARKETER = "marketer", _("Marketer")  # customers, promotions, coupons
    ANALYST = "analyst", _("Analyst")  # every figure, no changes
    VIEWER = "viewer", _("View-only")  # sees the shop, changes nothing


_granted: dict[Role, set[str]] = {role: set() for role in Role}


def grant(app_label: str, grants: Mapping[Role, Iterable[str]]) -> None:
    """Grants codenames of `app_label` (such as `view_order`) to roles."""
    for role, codenames in grants.items():
        _granted[role].update(f"{app_label}.{codename}" for codename in codenames)


def granted(role: Role) -> frozenset[str]:
    return frozenset(_granted[role])
