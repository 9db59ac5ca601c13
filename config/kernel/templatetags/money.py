"""Amounts on a page: {% load money %}{{ order.total|money:order.currency }} reads ₩12,000."""

from decimal import Decimal

from django import template

from config.kernel.money import Money, format_money

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with the sign of its currency; a dash where there is none."""
    return "-" if amount is None else format_money(Money(amount, currency))
