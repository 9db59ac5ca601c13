"""The addresses of this app: its API below /api/v1/, and the page a supplier confirms on. Staff pages are the admin's."""

from django.urls import URLPattern, URLResolver, path

from inventory import (
    views as pages,
)
from inventory.api import (
    transfer_views,
    views,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/variants/", views.VariantsView.as_view(), name="variants"),
    path("api/v1/variants/<str:sku>/", views.VariantView.as_view(), name="variant"),
    path("api/v1/stock-levels/", views.StockLevelsView.as_view(), name="stock-levels"),
    path("api/v1/stock-movements/", views.StockMovementsView.as_view(), name="stock-movements"),
    path("api/v1/purchase-orders/", views.PurchaseOrdersView.as_view(), name="purchase-orders"),
    path("api/v1/purchase-orders/<str:number>/", views.PurchaseOrderView.as_view(), name="purchase-order"),
    path("api/v1/purchase-orders/<str:number>/receive/", views.ReceiveView.as_view(), name="receive-goods"),
    path("api/v1/transfers/", transfer_views.TransfersView.as_view(), name="transfers"),
    path("api/v1/transfers/<str:number>/", transfer_views.TransferView.as_view(), name="transfer"),
    path("api/v1/transfers/<str:number>/ship/", transfer_views.ShipView.as_view(), name="ship-transfer"),
    path("api/v1/transfers/<str:number>/receive/", transfer_views.ReceiveTransferView.as_view(), name="receive-transfer"),
    path("api/v1/suppliers/scores/", views.SupplierScoresView.as_view(), name="supplier-scores"),
    path("confirm/<str:token>/", pages.confirm_purchase, name="confirm-purchase"),
]
