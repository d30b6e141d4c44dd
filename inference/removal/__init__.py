"""Removing things from pictures of any size with an inpainting engine that works on small ones."""

from inference.removal.removing import (
    HoleTooLarge,
    NothingAround,
    NothingToRemove,
    grow,
    remove,
)

__all__ = ["HoleTooLarge", "NothingAround", "NothingToRemove", "grow", "remove"]
