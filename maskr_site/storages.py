"""STORAGE_URL -> Django's STORAGES entry.

    file:///var/lib/maskr/files
    s3://KEY:SECRET@bucket/prefix?region=eu-central-1&endpoint_url=http://127.0.0.1:9000

Without KEY:SECRET the usual AWS sources (environment, profile, instance role) are asked.
"""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def storage_entry(url: str) -> dict[str, Any]:
    """Raises ValueError, naming STORAGE_URL, for anything but file:// and s3:// addresses."""
    parts = urlsplit(url)
    match parts.scheme:
        case "file" if parts.path:
            return {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {
                    "location": unquote(parts.path),
                    "file_permissions_mode": 0o600,
                    "directory_permissions_mode": 0o700,
                },
            }
        case "s3" if parts.hostname:
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            # The bucket is read from netloc because urlsplit().hostname folds case.
            options: dict[str, Any] = {
                "bucket_name": parts.netloc.rpartition("@")[2],
                "location": unquote(parts.path.strip("/")),
                "region_name": query.get("region"),
                "endpoint_url": query.get("endpoint_url"),
                "addressing_style": "path" if "endpoint_url" in query else None,
                "signature_version": "s3v4",
                "file_overwrite": False,
                "default_acl": None,
            }
            if parts.username:
                options["access_key"] = unquote(parts.username)
                options["secret_key"] = unquote(parts.password or "")
            return {"BACKEND": "maskr_site.bucket.Bucket", "OPTIONS": options}
    raise ValueError(f"STORAGE_URL must look like file:///path or s3://bucket, not {url!r}")
