import pytest
from django.test import Client
from tests.builders import *
from tests.orders.admin.desk import *
from tests.orders.admin.desk import page_of, press, a_short_order
pytestmark = pytest.mark.django_db

def test_smoke() -> None:
    order = a_shipped_order()
    client = a_client(a_staff_member())
    r = client.get("/admin/orders/order/")
    assert r.status_code == 200
    r = client.get(page_of(order))
    assert r.status_code == 200
    for m in ["return","fulfillment","payment","refund","orderevent"]:
        assert client.get(f"/admin/orders/{m}/").status_code == 200, m
    assert client.get("/admin/orders/order/picking/").status_code == 200
    assert client.get(f"/admin/orders/order/{order.pk}/packing-slip/?prices=1").status_code == 200
    for q in ["2611","x","김하","010-1234-5678","?"]:
        assert client.get("/admin/orders/order/", {"q": q}).status_code == 200
