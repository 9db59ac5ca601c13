"""The addresses of this app: its API below /api/v1/. Its staff pages belong to the admin."""

from django.urls import path

from campaigns.api import views

urlpatterns = [
    path("api/v1/promotions/", views.PromotionsView.as_view(), name="promotions"),
    path("api/v1/customers/", views.CustomersView.as_view(), name="customers"),
    path("api/v1/customers/<str:external_id>/", views.CustomerView.as_view(), name="customer"),
    path("api/v1/customers/<str:external_id>/consents/", views.ConsentsView.as_view(), name="consents"),
]
