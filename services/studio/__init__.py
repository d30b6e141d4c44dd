"""The page on which everything can be tried, and the two ways in that only it uses."""
