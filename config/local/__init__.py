"""Starts PostgreSQL and Redis from the binaries of wheels, for the demo and for tests. Standard library only.

Nothing here is part of the shop: production names its servers in DATABASE_URL and REDIS_URL and never comes here.
"""
