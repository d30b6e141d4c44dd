"""How much a metric of this process grew."""

from prometheus_client import REGISTRY


class Growth:
    """Of one sample since this object was made; counters are global and other tests use them."""

    def __init__(self, name: str, **labels: str) -> None:
        self.name, self.labels = name, labels
        self.before = self.now()

    def now(self) -> float:
        return REGISTRY.get_sample_value(self.name, self.labels) or 0.0

    def __call__(self) -> float:
        return self.now() - self.before
