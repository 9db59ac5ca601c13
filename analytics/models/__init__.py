from analytics.models.rollups import DailyPromotion, DailySales, DailyStock, HourlySales, RollupState

__all__ = ("DailyPromotion", "DailySales", "DailyStock", "HourlySales", "RollupState")
