"""The release after this one: all that it has is a migration, to be run beside the code of today."""
