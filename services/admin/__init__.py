"""The admin of work: jobs, batches and webhooks."""

from services.admin import batches, jobs, webhooks

__all__ = ["batches", "jobs", "webhooks"]
