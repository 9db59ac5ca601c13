from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        from config.kernel.roles import Role, grant
        from inventory import promises  # noqa: F401  registers itself

        models = [model._meta.model_name for model in self.get_models()]
        # Whoever packs parcels or speaks to customers need not know what the shop pays for its goods.
        without_costs = {Role.WAREHOUSE, Role.ORDER_CLERK}
        of_costs = {
            *("supplieroffer", "pricebreak", "stockingrules", "approvallimit"),
            *("landedcost", "landedcostshare", "costentry", "transferproposal"),
        }
        for role in Role:
            seen = [name for name in models if name not in of_costs or role not in without_costs]
            grant(self.label, {role: [f"view_{name}" for name in seen]})
        grant(self.label, dict.fromkeys(set(Role) - without_costs, ("see_cost",)))
        grant(
            self.label,
            {
                Role.WAREHOUSE: (
                    *("correct_stock", "count_stock", "receive_goods", "move_goods", "block_lot"),
                    *("add_bin", "change_bin", "add_binplace", "change_binplace", "delete_binplace"),
                ),
                Role.BUYER: (
                    *("add_supplier", "change_supplier"),
                    *("add_supplieroffer", "change_supplieroffer", "delete_supplieroffer"),
                    *("add_purchaseorder", "change_purchaseorder", "approve_purchaseorder", "receive_goods"),
                    *("add_reorderpolicy", "change_reorderpolicy", "change_replenishmentproposal"),
                    *("add_pricebreak", "change_pricebreak", "delete_pricebreak", "change_serviceclass"),
                    "change_stockrisk",
                    *("add_transferorder", "change_transferorder", "change_transferproposal", "add_lane", "change_lane"),
                    *("approve_stockcount", "add_excessdismissal", "block_lot"),
                ),
                Role.MARKETER: (
                    *("add_category", "change_category"),
                    *("add_product", "change_product"),
                    *("add_variant", "change_variant"),
                ),
            },
        )
