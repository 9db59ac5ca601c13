from analytics.models.rollups import DailySales, DailyStock, HourlySales, RollupState

__all__ = ("DailySales", "DailyStock", "HourlySales", "RollupState")
