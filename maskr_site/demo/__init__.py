"""The demonstration: an account, a server and a real photo sent through the API over HTTP."""
