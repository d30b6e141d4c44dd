"""STORAGE_URL -> Django's STORAGES entry.

    file:///var/lib/maskr/files
    s3://KEY:SECRET@bucket/prefix?region=eu-central-1&endpoint_url=http://127.0.0.1:9000

Without KEY:SECRET the usual AWS sources (environment, profile, instance role) are asked. In both a
slash is written %2F.
"""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def storage_entry(url: str) -> dict[str, Any]:
    """Raises ValueError for anything but file:///… and s3://…; it names STORAGE_URL, and no keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("STORAGE_URL is no address.") from None
    match parts.scheme:
        case "file" if parts.path and not parts.netloc:
            return {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {
                    "location": unquote(parts.path),
                    "file_permissions_mode": 0o600,
                    "directory_permissions_mode": 0o700,
                },
            }
        case "s3" if parts.hostname:
            query = _options(parts.query)
            # The bucket is read from netloc because urlsplit().hostname folds case.
            options: dict[str, Any] = {
                "bucket_name": _bucket(parts.netloc),
                "location": unquote(parts.path.strip("/")),
                "region_name": query.get("region"),
                "endpoint_url": query.get("endpoint_url"),
                "addressing_style": "path" if "endpoint_url" in query else None,
                "signature_version": "s3v4",
                "file_overwrite": False,
                "default_acl": None,
            }
            if parts.username or parts.password:
                if not (parts.username and parts.password):
                    raise ValueError(
                        "STORAGE_URL must have both of KEY:SECRET, or neither: s3://KEY:SECRET@bucket"
                    )
                options["access_key"] = unquote(parts.username)
                options["secret_key"] = unquote(parts.password)
            return {"BACKEND": "maskr_site.bucket.Bucket", "OPTIONS": options}
    raise ValueError(
        f"STORAGE_URL must look like file:///path or s3://bucket, and this one begins with {parts.scheme!r}"
    )


def _options(query: str) -> dict[str, str]:
    """One that is misspelt would send the pictures to another server than was meant."""
    found = {name: values[-1] for name, values in parse_qs(query).items()}
    if unknown := sorted(found.keys() - {"region", "endpoint_url"}):
        raise ValueError(
            f"STORAGE_URL has an option {unknown[0]!r}: it knows region and endpoint_url"
        )
    if "endpoint_url" in found and not _is_server(found["endpoint_url"]):
        raise ValueError(
            "STORAGE_URL has an endpoint_url that is no address: it looks like http://host:9000"
        )
    return found


def _is_server(address: str) -> bool:
    """The client of the bucket asks only when the first file is written, and with a traceback."""
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _bucket(netloc: str) -> str:
    """After a slash the secret would pass for a path, and its beginning for the bucket's name."""
    name = netloc.rpartition("@")[2]
    if ":" in name:
        raise ValueError(
            "STORAGE_URL has a colon where the bucket's name should be: "
            "write a slash in KEY:SECRET as %2F"
        )
    return name
