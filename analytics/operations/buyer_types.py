"""What staff say about a customer's type goes before the rules until they take it back; and the playbooks they write."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from analytics.models import BuyerType, BuyerTypeChange, CustomerRhythm, Playbook
from config.kernel.errors import Conflict, Invalid, Missing
from config.kernel.models import User

# What a shop begins with; from then on the words are its own.
PLAYBOOKS = {
    BuyerType.IMMEDIATE: (
        "혜택은 짧게: 몇 시간 안에 끝나는 할인이나 한정 수량이 잘 맞습니다.\n"
        "선호 시간대에 맞춰 보내고, 결제까지의 단계를 줄이십시오.\n"
        "후기나 비교 자료를 길게 보여 줄 필요가 없습니다. 관련 상품을 장바구니에서 함께 권하십시오."
    ),
    BuyerType.DELIBERATE: (
        "재촉하지 마십시오: 상품을 처음 본 뒤 하루 이틀 지나 후기와 비교표를 보내십시오.\n"
        "장바구니를 비우지 않은 고객에게는 사흘째에 한 번만 알리십시오.\n"
        "할인보다 반품 조건, 사용 후기, 질문 답변이 구매를 결정합니다."
    ),
    BuyerType.REPEATING: (
        "다음 구매 예정일 사흘 전에 다시 살 때임을 알리십시오.\n"
        "지난번에 산 상품을 한 번에 다시 담을 수 있게 하십시오.\n"
        "예정일이 일주일 넘게 지나면 이유를 묻고, 그때만 쿠폰을 쓰십시오. 정기 구독을 권하기에 좋습니다."
    ),
}


class NothingKnown(Missing):
    """No reading has found anything about the customer yet."""

    code = "rhythm_not_found"


class TypeRefused(Invalid):
    code = "buyer_type_invalid"


class NothingSaid(Conflict):
    code = "buyer_type_not_said"


@transaction.atomic
def say(*, customer_id: int, buyer_type: str, reason: str, actor: User | None, at: datetime) -> CustomerRhythm:
    """The customer is of this type whatever the rules find, until it is taken back."""
    if buyer_type not in PLAYBOOKS:
        raise TypeRefused(_("Choose one of the three types."), details={"buyer_type": ["invalid"]})
    if not reason.strip():
        raise TypeRefused(_("Say why: the reason stays with the customer."), details={"reason": ["required"]})
    row = _locked(customer_id)
    former = row.buyer_type
    row.said_type, row.said_reason, row.said_by, row.said_at = buyer_type, reason.strip(), actor, at
    row.save(update_fields=["said_type", "said_reason", "said_by", "said_at"])
    _record(row, former, buyer_type, BuyerTypeChange.Cause.SAID, row.said_reason, actor, at)
    return row


@transaction.atomic
def take_back(*, customer_id: int, reason: str, actor: User | None, at: datetime) -> CustomerRhythm:
    """The rules hold again, with what they have found meanwhile."""
    row = _locked(customer_id)
    if row.said_type is None:
        raise NothingSaid(_("Staff have said nothing about this customer's type."), details={"customer": customer_id})
    former = row.said_type
    row.said_type, row.said_reason, row.said_by, row.said_at = None, "", None, None
    row.save(update_fields=["said_type", "said_reason", "said_by", "said_at"])
    _record(row, former, row.settled_type, BuyerTypeChange.Cause.TAKEN_BACK, reason.strip(), actor, at)
    return row


@transaction.atomic
def ensure_playbooks() -> None:
    """One for each type, where the shop has none yet."""
    Playbook.objects.bulk_create(
        (Playbook(buyer_type=one, text=text) for one, text in PLAYBOOKS.items()), ignore_conflicts=True
    )


def _locked(customer_id: int) -> CustomerRhythm:
    row = CustomerRhythm.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if row is None:
        raise NothingKnown(_("Nothing is known of this customer's rhythm yet."), details={"customer": customer_id})
    return row


def _record(
    row: CustomerRhythm, former: str, buyer_type: str, cause: str, reason: str, actor: User | None, at: datetime
) -> None:
    BuyerTypeChange.objects.create(
        customer_id=row.pk,
        former=former,
        buyer_type=buyer_type,
        cause=cause,
        reason=reason,
        why=row.why.get("type", {}),
        actor=actor,
        changed_at=at,
    )
