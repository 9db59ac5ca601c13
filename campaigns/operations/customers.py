"""Whom the shop knows, and what they agreed to."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Consent, Customer
from campaigns.queries import customers as queries
from config.kernel.errors import Conflict, Invalid
from config.kernel.models import User


class CustomerRefused(Invalid):
    """A value does not fit; `details` names the field."""

    code = "customer_invalid"


class CustomerErased(Conflict):
    """Who was erased is not written down anew under the name that stands for nobody."""

    code = "customer_erased"


class ConsentRefused(Invalid):
    code = "consent_invalid"


LONGEST = {"external_id": 64, "name": 100, "phone": 20, "email": 254}

# `RETURNING` tells the row as it stands now, with what was known before.
_UPSERT = """
    INSERT INTO campaigns_customer AS known (external_id, name, phone, email, created_at)
    VALUES (%(external_id)s, coalesce(%(name)s, ''), coalesce(%(phone)s, ''), coalesce(%(email)s, ''), %(at)s)
    ON CONFLICT (external_id) DO UPDATE SET
        name = coalesce(%(name)s, known.name),
        phone = coalesce(%(phone)s, known.phone),
        email = coalesce(%(email)s, known.email)
    WHERE known.erased_at IS NULL
    RETURNING known.*
"""


@transaction.atomic
def upsert(
    *,
    external_id: str,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    at: datetime,
) -> Customer:
    """The customer behind the storefront's key, made where unknown. What is not told stays as it was. One statement."""
    told = as_kept(name=name, phone=phone, email=email)
    _check({"external_id": external_id} | told)
    values = dict.fromkeys(("name", "phone", "email")) | told | {"external_id": external_id, "at": at}
    kept = list(Customer.objects.raw(_UPSERT, values))
    if not kept:
        raise CustomerErased(_("This customer was erased."), details={"customer": external_id})
    return kept[0]


def as_kept(**told: str | None) -> dict[str, str]:
    """What is told of a customer, written as the book keeps it; what is not told is left out."""
    kept = {field: value.strip() for field, value in told.items() if value is not None}
    if "email" in kept:
        # People write the same address in either case, and the search finds it in one.
        kept["email"] = kept["email"].lower()
    return kept


def _check(values: dict[str, str]) -> None:
    for field, value in values.items():
        if len(value) > LONGEST[field]:
            raise CustomerRefused(
                _("%(most)s characters at most.") % {"most": LONGEST[field]}, details={field: ["too_long"]}
            )  # fmt: skip
        if not value.isprintable():
            raise CustomerRefused(_("This holds characters that cannot be shown."), details={field: ["unprintable"]})
    if not values["external_id"] or values["external_id"] != values["external_id"].strip():
        raise CustomerRefused(_("A customer id is needed, without blanks around it."), details={"external_id": ["required"]})
    if values.get("email"):
        try:
            validate_email(values["email"])
        except ValidationError:
            raise CustomerRefused(_("This is not an e-mail address."), details={"email": ["invalid"]}) from None


@transaction.atomic
def state_consent(
    *,
    external_id: str,
    channel: str,
    purpose: str,
    is_given: bool,
    text_version: str,
    source: str,
    actor: User | None,
    at: datetime,
) -> Consent:
    """Writes down what the customer said about one channel, given or withdrawn. Nothing said before is touched."""
    for field, value, known in (
        ("channel", channel, Consent.Channel.values),
        ("purpose", purpose, Consent.Purpose.values),
    ):
        if value not in known:
            raise ConsentRefused(_("One of %(known)s.") % {"known": ", ".join(known)}, details={field: ["unknown"]})
    for field, value in (("text_version", text_version), ("source", source)):
        if not value.strip() or len(value) > 40 or not value.isprintable():
            raise ConsentRefused(_("1 to 40 characters."), details={field: ["invalid"]})
    return Consent.objects.create(
        customer=queries.by_external_id(external_id),
        channel=channel,
        purpose=purpose,
        is_given=is_given,
        text_version=text_version.strip(),
        source=source.strip(),
        actor=actor,
        stated_at=at,
    )
