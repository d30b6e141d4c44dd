"""Image editing as a library: bytes in, result out. Knows nothing of Django, accounts or jobs."""
