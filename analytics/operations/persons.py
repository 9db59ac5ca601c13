"""Takes out all that is known of one person, as a file they can be given, and writes down who did."""

import io
import json
import zipfile
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from analytics.queries import person
from campaigns.models import Customer
from config.kernel import accesses
from config.kernel.models import User

ABOUT = """Everything this shop keeps of one customer, one file for each part of the shop. Moments are in UTC.
이 쇼핑몰이 고객 한 분에 대해 보관하는 모든 내용이며, 부분별로 파일이 하나씩 있습니다. 시각은 UTC 기준입니다.

campaigns.json  name and addresses, consents, segments, coupons / 이름과 연락처, 수신 동의, 고객 그룹, 쿠폰
orders.json     orders, payments, returns, refunds, timeline / 주문, 결제, 반품, 환불, 처리 이력
analytics.json  visits and what was done in them, what was read from visits and orders, comments that name the customer
                방문과 방문 중 행동, 방문과 주문에서 분석한 내용, 고객을 언급한 메모
"""


@transaction.atomic
def export(*, customer_id: int, actor: User | None, at: datetime, address: str | None = None) -> bytes:
    """A ZIP of JSON files. The record of the export is committed with it or there is no file."""
    customer = Customer.objects.get(pk=customer_id)
    told = person.told(customer)
    accesses.record(
        deed=accesses.Deed.EXPORTED,
        subject=Customer._meta.label_lower,
        row_key=customer_id,
        actor=actor,
        at=at,
        address=address,
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", ABOUT)
        for app, kinds in told.items():
            written = json.dumps(kinds, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            archive.writestr(f"{app}.json", written)
    return file.getvalue()
