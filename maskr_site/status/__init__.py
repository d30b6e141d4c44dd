"""How the parts of an installation are: checked now, recorded by day, told to people."""
