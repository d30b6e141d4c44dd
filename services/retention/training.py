"""The archive for training: only pictures sent while their owner allowed it, gone when they no longer do.

Consent is the flag on the account; every change of it is noted with its time, whoever made it. A
sample lies under `training/`, apart from what customers can fetch, in a folder named by chance.
"""

import logging
from typing import Any

from botocore.exceptions import ClientError
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from services import storing
from services.models import Job
from services.retention.models import TrainingConsent, TrainingSample

logger = logging.getLogger(__name__)
PREFIX = "training"
_AT_ONCE = 200


def archive(job: Job) -> TrainingSample | None:
    """Copies what the job has in storage, once; None without a consent from before the job.

    A copy that cannot be made is done without: the pictures go at their time all the same.
    """
    if not job.owner.training_opt_in or job.state != Job.State.COMPLETED:
        return None
    consent = TrainingConsent.objects.filter(
        owner=job.owner_id, withdrawn_at=None, given_at__lte=job.created_at
    ).first()
    if consent is None or TrainingSample.objects.filter(source=job.pk).exists():
        return None
    sample = TrainingSample(
        owner_id=job.owner_id,
        source=job.pk,
        consented_at=consent.given_at,
        service=job.service,
        operation=job.operation,
        engine=job.engine,
    )
    return sample if _keep(job, sample) else None


def _keep(job: Job, sample: TrainingSample) -> bool:
    try:
        _copy_files(job, sample)
        with transaction.atomic():
            sample.save(force_insert=True)
    except (FileNotFoundError, IntegrityError):
        # A file was lost before, or another process archived it meanwhile: this copy goes.
        storing.discard(*sample.file_names)
        return False
    except Exception as error:
        storing.discard(*sample.file_names)
        if isinstance(error, DatabaseError):
            raise
        # Whatever a storage raises, of a full disk or a bucket, is about this copy alone.
        logger.exception("job %s could not be archived for training", job.pk)
        return False
    return True


def reconcile() -> int:
    """Notes consents and withdrawals made past `save()`, and deletes what may not be kept any more."""
    for owner in User.objects.filter(training_opt_in=True).exclude(
        training_consents__in=TrainingConsent.objects.filter(withdrawn_at=None)
    )[:_AT_ONCE]:
        note(owner)
    TrainingConsent.objects.filter(withdrawn_at=None, owner__training_opt_in=False).update(
        withdrawn_at=Now()
    )
    return delete_withdrawn()


def delete_withdrawn() -> int:
    """Of consents that ended, be another one open by now. Storage first, so that no file is forgotten;
    may be asked by any number at once. What cannot be deleted stays for the next time, alone."""
    open_still = TrainingConsent.objects.filter(
        owner=OuterRef("owner"), withdrawn_at=None, given_at__lte=OuterRef("consented_at")
    )
    count = 0
    for sample in TrainingSample.objects.filter(
        Q(owner__training_opt_in=False) | ~Exists(open_still)
    ).iterator():
        try:
            delete(sample)
        except (OSError, ClientError):
            logger.exception("training sample %s cannot be deleted yet", sample.pk)
        else:
            count += 1
    return count


def delete(sample: TrainingSample) -> None:
    _delete_files(sample)
    sample.delete()


def note(owner: User) -> None:
    """Opens or ends the consent, as the flag of the account says."""
    is_open = TrainingConsent.objects.filter(owner=owner, withdrawn_at=None)
    if not owner.training_opt_in:
        is_open.update(withdrawn_at=Now())
    elif not is_open.exists():
        # By the clock that tells when jobs were placed: none from before may seem to be from after.
        consent = TrainingConsent(owner=owner, given_at=Now())
        TrainingConsent.objects.bulk_create([consent], ignore_conflicts=True)


@receiver(post_save, sender=User, dispatch_uid="training consent")
def _note_change(
    instance: User, update_fields: frozenset[str] | None = None, raw: bool = False, **_kwargs: Any
) -> None:
    """Not for what is loaded from a dump, nor at every log-in."""
    if not raw and (update_fields is None or "training_opt_in" in update_fields):
        note(instance)


def _copy_files(job: Job, sample: TrainingSample) -> None:
    folder = f"{PREFIX}/{sample.pk.hex[:2]}/{sample.pk}"
    for kind in ("input", "companion", "result"):
        if name := getattr(job, f"{kind}_name"):
            suffix = f".{job.result_extension}" if kind == "result" else ""
            with default_storage.open(name) as file:
                copied = storing.save(f"{folder}/{kind}{suffix}", file)
            setattr(sample, f"{kind}_name", copied)


def _delete_files(sample: TrainingSample) -> None:
    for name in sample.file_names:
        default_storage.delete(name)
