"""The addresses of this app: its API below /api/v1/. Its staff pages are the admin's."""

from django.urls import URLPattern, URLResolver, path

from orders.api import views

ORDERS = "api/v1/orders/"
ORDER = "api/v1/orders/<slug:number>/"
RETURN = "api/v1/returns/<slug:number>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/quotes/", views.QuoteView.as_view(), name="quotes"),
    path(ORDERS, views.OrdersView.as_view(), name="orders"),
    path(ORDER, views.OrderView.as_view(), name="order"),
    path(f"{ORDER}payments/", views.PayView.as_view(), name="order-payments"),
    path(f"{ORDER}refunds/", views.RefundView.as_view(), name="order-refunds"),
    path(f"{ORDER}pay-back/", views.PayBackView.as_view(), name="order-pay-back"),
    path(f"{ORDER}cancel/", views.CancelView.as_view(), name="order-cancel"),
    path(f"{ORDER}pick/", views.PickView.as_view(), name="order-pick"),
    path(f"{ORDER}ship/", views.ShipView.as_view(), name="order-ship"),
    path(f"{ORDER}returns/", views.ReturnView.as_view(), name="order-returns"),
    path(f"{ORDER}notes/", views.NoteView.as_view(), name="order-notes"),
    path(f"{ORDER}restock/", views.RestockView.as_view(), name="order-restock"),
    path(f"{ORDER}cancel-missing/", views.CancelMissingView.as_view(), name="order-cancel-missing"),
    path(f"{RETURN}receive/", views.ReceiveView.as_view(), name="return-receive"),
    path(f"{RETURN}refuse/", views.RefuseView.as_view(), name="return-refuse"),
]
