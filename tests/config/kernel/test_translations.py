"""Every word the shop shows exists in Korean: its own, the admin theme's, and what its schedule says about itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
import unfold
from django.conf import settings
from django.utils.translation import override, trans_real
from django.utils.translation.template import templatize

from config.celery import SCHEDULE
from tests.architecture.trees import ROOT, product

CATALOGUE = ROOT / "locale" / "ko" / "LC_MESSAGES" / "django.po"
# How many leading arguments are text to translate; the first of the p-forms is a context.
CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (0, 1)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1, 1)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), (1, 2)),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[a-zA-Z]|%[sdrf]|\{(\w*)\}")
Message = tuple[str, str]


def in_python(text: str) -> Iterator[Message]:
    """Context and text of each literal that a translating call is given."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in CALLS:
            continue
        contexts, texts = CALLS[name]
        words = [argument.value for argument in node.args[: contexts + texts] if isinstance(argument, ast.Constant)]
        words = [word for word in words if isinstance(word, str)]
        if len(words) == contexts + texts:
            # A plural is looked up by its singular.
            yield (words[0] if contexts else "", words[contexts])


def in_template(text: str) -> Iterator[Message]:
    """The same of a template, read as Django's own makemessages reads it."""
    for line in templatize(text).splitlines():
        try:
            yield from in_python(line.strip())
        except SyntaxError:
            yield from _calls_within(line)


def _calls_within(line: str) -> Iterator[Message]:
    for call in re.finditer(r"(?<!\w)(?:n?p?gettext|_)\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\)", line):
        try:
            yield from in_python(call.group().removesuffix(",)"))
        except SyntaxError:
            continue


def _templates(folder: Path) -> Iterator[Message]:
    for file in folder.rglob("*.html"):
        yield from in_template(file.read_text("utf-8"))


def ours() -> set[Message]:
    found = {message for module in product() for message in in_python(module.text)}
    found |= set(_templates(ROOT / "templates"))
    for app in ("config/kernel", "inventory", "campaigns", "orders", "analytics"):
        found |= set(_templates(ROOT / app))
    return found | {("", entry.reason) for entry in SCHEDULE}


def the_themes() -> set[Message]:
    """Of its optional parts only the installed ones are shown."""
    home = Path(unfold.__file__).parent
    installed = {name.removeprefix("unfold.contrib.") for name in settings.INSTALLED_APPS if name.startswith("unfold.contrib.")}
    found: set[Message] = set()
    for file in [*home.rglob("*.html"), *home.rglob("*.py")]:
        parts = file.relative_to(home).parts
        if parts[0] == "contrib" and len(parts) > 2 and parts[1] not in installed:
            continue
        read = in_template if file.suffix == ".html" else in_python
        found |= set(read(file.read_text("utf-8")))
    return found


def placeholders(text: str) -> set[str]:
    return {match.group() for match in PLACEHOLDER.finditer(text)}


def shown(message: Message) -> str | None:
    """The Korean text, or None where there is none."""
    context, text = message
    catalogue = trans_real.translation("ko")._catalog
    key = f"{context}\x04{text}" if context else text
    for candidate in (key, (key, 0)):
        if found := catalogue.get(candidate):
            return str(found)
    return None


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    from django.core.management import call_command

    call_command("compile_translations", verbosity=0)
    trans_real._translations.pop("ko", None)
    with override("ko"):
        yield


@pytest.fixture(scope="module")
def entries() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def test_every_word_of_ours_exists_in_korean() -> None:
    missing = sorted(text for context, text in ours() if text and shown((context, text)) is None)
    assert missing == []


def test_every_word_of_the_theme_exists_in_korean() -> None:
    missing = sorted(text for context, text in the_themes() if text and shown((context, text)) is None)
    assert missing == []


def test_no_translation_is_fuzzy_or_empty(entries: polib.POFile) -> None:
    assert [entry.msgid for entry in entries if entry.fuzzy or not (entry.msgstr or entry.msgstr_plural.get(0))] == []


def test_translations_keep_the_placeholders(entries: polib.POFile) -> None:
    wrong = []
    for entry in entries:
        for translated in [entry.msgstr] if entry.msgstr else entry.msgstr_plural.values():
            if placeholders(translated) != placeholders(entry.msgid_plural or entry.msgid):
                wrong.append(entry.msgid)
    assert wrong == []


def test_the_catalogue_tells_nothing_about_how_it_was_made(entries: polib.POFile) -> None:
    assert set(entries.metadata) == {"Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms"}
    assert not entries.header
    assert not any(entry.occurrences for entry in entries)


def test_no_text_is_translated_twice(entries: polib.POFile) -> None:
    keys = [(entry.msgctxt or "", entry.msgid) for entry in entries]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('_("Run now")', ("", "Run now")),
        ('title = gettext_lazy("Run now")', ("", "Run now")),
        ('pgettext("verb", "order")', ("verb", "order")),
        ('ngettext("%(n)s row", "%(n)s rows", n)', ("", "%(n)s row")),
    ],
)
def test_words_in_python_are_found(source: str, message: Message) -> None:
    assert list(in_python(source)) == [message]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{% load i18n %}<p>{% translate "Run now" %}</p>', ("", "Run now")),
        ("{% load i18n %}<p title='x'>{% trans 'Run now' %}</p>", ("", "Run now")),
        ("{% load i18n %}{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}", ("", "Hello %(name)s")),
        ('{{ title|default:_("Nothing") }}', ("", "Nothing")),
    ],
)
def test_words_in_templates_are_found(source: str, message: Message) -> None:
    assert message in list(in_template(source))


def test_every_icon_is_silent() -> None:
    """An icon is drawn from its English name, which a screen reader would read aloud."""
    loud = []
    for file in (ROOT / "templates").rglob("*.html"):
        icons = re.findall(r"<[^>]*material-symbols-outlined[^>]*>", file.read_text("utf-8"))
        loud += [f"{file.name}: {icon}" for icon in icons if 'aria-hidden="true"' not in icon]
    assert loud == []


def test_one_idea_has_one_word() -> None:
    assert shown(("", "Number of Periods")) == "간격"
    for owner in (
        "If you forgot the password, ask an owner of the shop for a new one.",
        "Your role does not include it. If you need it for your work, ask an owner of the shop.",
    ):
        assert f"{shown(('', 'Owner'))}에게" in str(shown(("", owner)))
    for words in (("Schedule", "schedule", "schedule entry", "periodic task"), ("Job runs", "job run", "job runs")):
        assert len({shown(("", word)) for word in words}) == 1


def test_a_word_without_translation_is_noticed() -> None:
    assert shown(("", "no such words anywhere")) is None
