"""What the product does under load: `make load`, described in docs/performance.md."""
