"""The rhythm of customers: when they buy, what kind of buyer they are, whether their interest declines. Published rules."""
