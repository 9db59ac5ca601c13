"""Keys in the attributes of a page are plain numbers: grouped like a figure, the key 1469 is "1,469" and leads nowhere."""

import re
from collections.abc import Iterator

from config.local.place import PROJECT

ATTRIBUTE = re.compile(r'[\w-]+="(?P<value>(?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"')
GROUPED_KEY = re.compile(r"\{\{\s*[\w.]*\b(?:pk|\w+_id)\s*\}\}")


def grouped_keys(name: str, text: str) -> Iterator[str]:
    """Attributes that print a primary key the way a reader's number is printed, with separators."""
    for attribute in ATTRIBUTE.finditer(text):
        for found in GROUPED_KEY.findall(attribute["value"]):
            yield f"{name}: {found}"


def test_keys_in_attributes_bear_no_separator() -> None:
    pages = sorted((PROJECT / "templates").rglob("*.html"))
    assert pages
    assert [found for page in pages for found in grouped_keys(page.name, page.read_text("utf-8"))] == []


def test_a_grouped_key_is_reported_and_a_plain_one_is_fine() -> None:
    grouped = '<a href="{% url "admin:orders" %}?customer={{ original.pk }}">all</a> <input value="{{ line.variant_id }}">'
    plain = '<a href="?customer={{ original.pk|unlocalize }}">{{ original.pk }}</a>'

    assert list(grouped_keys("page", grouped)) == ["page: {{ original.pk }}", "page: {{ line.variant_id }}"]
    assert list(grouped_keys("page", plain)) == []
