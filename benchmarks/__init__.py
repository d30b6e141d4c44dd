"""Speed figures, each beside the peer it is measured against in the same run."""
