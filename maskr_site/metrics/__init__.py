"""Metrics for Prometheus: of requests, of the state in the database, and how both are exposed."""
