"""Counts every figure of the registry by hand: plain loops over orders, lines, returns, parcels, movements, and over events as
they were sent. Written from docs/metrics.md; it shares nothing with the product but the names of metrics and cuts.
"""
