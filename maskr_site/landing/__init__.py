"""The front page, its example pictures, and what robots are told."""
