"""The networks and what stands in for them, behind the Protocols of `protocols.py`."""
