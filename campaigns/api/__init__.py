"""Customers and offers over the API."""
