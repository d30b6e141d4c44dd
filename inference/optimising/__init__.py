"""Faster graphs of the installed networks, made on the machine that runs them. Needs the extra `optimise`."""
