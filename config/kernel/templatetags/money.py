"""Amounts on a page: {% load money %}{{ order.total|money:order.currency }} reads ₩12,000."""

from decimal import Decimal

from django import template

from config.kernel.money import Money, format_money

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with the sign of its currency; a dash where there is none."""
    return "-" if amount is None else format_money(Money(amount, currency))


@register.filter
def whole_money(amount: Decimal, currency: str) -> str:
    """The same in whole units of its currency, for what is the share of a larger amount."""
    return format_money(Money(amount, currency).quantized())
