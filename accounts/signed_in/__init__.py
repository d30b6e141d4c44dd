"""The page of sign-ins, allauth's app behind it, and sessions that get another key."""
