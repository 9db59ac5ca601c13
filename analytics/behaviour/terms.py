"""What shoppers search for, written one way: the same wish is one term, and what may tell who somebody is, is none.

Without tokens and stems: Korean terms are short, and a shop looks for its own words in the list.
"""

import re
import unicodedata

# What stands in events in the place of what an erased person searched for.
ERASED = "erased"
# Stands for everything that may be personal: that it was searched for counts, what it was does not.
WITHHELD = "(withheld)"
LONGEST = 60
# A term of fewer visitors tells of somebody; it is dropped once events may not tell whose they are.
FEWEST_VISITORS = 3

_MAIL = re.compile(r"\S+@\S+")
# Phone numbers, order numbers, barcodes, resident registration numbers: nine digits and more, however they are set apart.
_LONG_NUMBER = re.compile(r"\d(?:[\s\-.()/]*\d){8}")
_SHORT_PHONE = re.compile(r"(?<!\d)\d{3,4}-\d{4}(?!\d)")
_JAMO = re.compile(r"[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\ud7b0-\ud7ff]+")
_AT_THE_EDGE = "\"'`.,;:!?~*()[]{}<>|/\\_-+=#&^…·“”‘’「」『』"


def term(query: str) -> str:
    """The term a query stands for; empty where it says nothing, such as letters of an unfinished syllable alone."""
    words = [word for word in _one_way(query).split() if not _JAMO.fullmatch(word)]
    text = " ".join(words).strip(_AT_THE_EDGE + " ")
    if query == ERASED or _MAIL.search(text) or _LONG_NUMBER.search(text) or _SHORT_PHONE.search(text):
        return WITHHELD
    return text[:LONGEST].rstrip()


def _one_way(query: str) -> str:
    """Composed, in half width, in small letters; what cannot be seen is a space."""
    composed = "".join(_narrow(letter) for letter in unicodedata.normalize("NFC", query))
    folded = unicodedata.normalize("NFC", composed.casefold())
    return "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in folded)


def _narrow(letter: str) -> str:
    """Letters of full width as those of a keyboard. Others stay: a lone jamo shall not become half of a syllable."""
    return unicodedata.normalize("NFKC", letter) if "\uff00" <= letter <= "\uffef" or letter == "\u3000" else letter
