"""The simulator of purchasing: recorded demand met by policies, and what that costs."""
