"""Meaning of a failed call to a store: try again, or tell the user what to do.

One table leads from S3 codes, names of botocore's errors and error numbers to sentences. An error that is in no list is
tried again when it comes from the network or is the server's own (5xx, 429). All others are told to the user: most of
botocore's many errors are mistakes in a configuration, which no waiting mends.
"""

from __future__ import annotations

import asyncio
import errno
from enum import Enum
from typing import Any


class FaultKind(Enum):
    """Kind of a failure.

    `TRANSIENT`: worth another try. `MISSING`: there is no such object. `TAKEN`: a create found the name taken.
    `REFUSED`: no waiting helps.
    """

    TRANSIENT = "transient"
    MISSING = "missing"
    TAKEN = "taken"
    REFUSED = "refused"


# S3 codes, or HTTP numbers where an answer has no code, whose meaning does not follow from the number's class.
_KINDS = {
    "NoSuchKey": FaultKind.MISSING,
    "NoSuchUpload": FaultKind.MISSING,
    "NotFound": FaultKind.MISSING,
    "404": FaultKind.MISSING,
    "PreconditionFailed": FaultKind.TAKEN,
    "412": FaultKind.TAKEN,
    # Two creates of one name at the same time: neither has happened yet.
    "ConditionalRequestConflict": FaultKind.TRANSIENT,
    "OperationAborted": FaultKind.TRANSIENT,
    "409": FaultKind.TRANSIENT,
    # The body was damaged on its way.
    "BadDigest": FaultKind.TRANSIENT,
    "IncompleteBody": FaultKind.TRANSIENT,
    "XAmzContentSHA256Mismatch": FaultKind.TRANSIENT,
    "RequestTimeout": FaultKind.TRANSIENT,
    "SlowDown": FaultKind.TRANSIENT,
    "Throttling": FaultKind.TRANSIENT,
    "ThrottlingException": FaultKind.TRANSIENT,
    "RequestLimitExceeded": FaultKind.TRANSIENT,
    "TooManyRequests": FaultKind.TRANSIENT,
}

_KEYS = "Expected valid credentials (AWS_* variables, AWS_PROFILE or storage.*); mend them"
_LOGIN = "Expected a login that is still valid; renew it (`aws sso login`, `aws login`)"
_PLACE = "Expected a bucket and folder that S3 allows, s3://bucket/folder; mend the address"
_REGION = "Expected a region; set storage.region or AWS_DEFAULT_REGION"
_LINKS = "Expected a file system with hard links; choose another folder"
# Keys: S3 codes, names of botocore's errors, error numbers of the system.
_ADVICE: dict[str | int, str] = {
    "NoSuchBucket": "Expected a bucket that exists; create it, or choose another folder",
    "AccessDenied": "Expected permission to list, read, write and delete here; grant it",
    "403": "Expected permission to list, read, write and delete here; grant it",
    "AllAccessDisabled": "Expected permission to list, read, write and delete here; grant it",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "ExpiredToken": "Expected credentials that are still valid; renew them",
    "InvalidToken": _KEYS,
    "RequestTimeTooSkewed": "Expected a clock within minutes of the server's; set this machine's",
    "RequestExpired": "Expected a clock within minutes of the server's; set this machine's",
    "PermanentRedirect": "Expected the bucket's own region; set storage.region or AWS_DEFAULT_REGION",
    "QuotaExceeded": "Expected room in this bucket; free some",
    "NotImplemented": "Expected a store that can do this; choose another",
    "NoCredentialsError": _KEYS,
    "PartialCredentialsError": _KEYS,
    "ProfileNotFound": "Expected a profile of ~/.aws/config; set storage.profile or AWS_PROFILE",
    "ParamValidationError": _PLACE,
    "InvalidDNSNameError": _PLACE,
    "NoRegionError": _REGION,
    "InvalidRegionError": _REGION,
    "UnknownRegionError": _REGION,
    "SSOError": _LOGIN,
    "LoginError": _LOGIN,
    "NoAuthTokenError": _LOGIN,
    "TokenRetrievalError": _LOGIN,
    "BotoCoreError": "Expected a configuration that S3's client takes (storage.*, AWS_* variables, ~/.aws); mend it",
    errno.ENOSPC: "Expected room on this disk; free some",
    errno.EDQUOT: "Expected room within this user's quota; free some",
    errno.EACCES: "Expected write permission in the folder; grant it or choose another folder",
    errno.EPERM: "Expected write permission and hard links in the folder; choose another folder",
    errno.EROFS: "Expected a writable disk; remount it or choose another folder",
    errno.ENOTDIR: "Expected a folder; choose another folder",
    errno.ENOENT: "Expected a folder that can be made; choose another folder",
    errno.ENOTSUP: _LINKS,
    errno.EOPNOTSUPP: _LINKS,
    errno.ENOSYS: _LINKS,
    errno.EINVAL: _LINKS,
}
# Errors of botocore that pass by themselves, compared by name along an error's ancestors: so a run on a local disk need
# not import botocore.
_PASSING = {
    "ConnectionError",
    "HTTPClientError",
    "IncompleteReadError",
    "ChecksumError",
    "FlexibleChecksumError",
    "ResponseStreamingError",
    "CredentialRetrievalError",
    "MetadataRetrievalError",
}
_THEIR_OWN = ("aiohttp.", "aiobotocore.", "fsspec.", "http.", "s3fs.", "ssl")
_WAIT_FOR = {errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT, errno.ESTALE, errno.ECONNRESET}


def kind_of(error: BaseException) -> FaultKind | None:
    """Return the kind of an error that a call raised; None for an error that no store raises, which is a bug."""
    # S3 answered.
    code, status = _s3_code(error)
    if code is not None:
        if code in _KINDS:
            return _KINDS[code]
        return FaultKind.TRANSIENT if (status >= 500 and code not in _ADVICE) or status == 429 else FaultKind.REFUSED
    # S3's client gave up by itself.
    if names := _botocore_names(error):
        return FaultKind.TRANSIENT if _PASSING.intersection(names) else FaultKind.REFUSED
    # The operating system.
    if isinstance(error, FileNotFoundError | IsADirectoryError):
        return FaultKind.MISSING
    if isinstance(error, FileExistsError):
        return FaultKind.TAKEN
    if isinstance(error, TimeoutError | asyncio.TimeoutError | ConnectionError):
        return FaultKind.TRANSIENT
    if isinstance(error, OSError) and error.errno is not None:
        return FaultKind.TRANSIENT if error.errno in _WAIT_FOR else FaultKind.REFUSED
    # Errors without a number, of the HTTP clients' own classes: they say no more than that the call did not work.
    return FaultKind.TRANSIENT if isinstance(error, OSError) or type(error).__module__.startswith(_THEIR_OWN) else None


def sentence(error: BaseException, what: str) -> str:
    """Return a message for the user: what failed, why, what was expected, what to do.

    `what`: the call, such as "write x", or "create x" for a write that must not overwrite.
    """
    code, _ = _s3_code(error)
    keys: list[Any] = [code] if code else _botocore_names(error) or [getattr(error, "errno", None)]
    advice = next((_ADVICE[key] for key in keys if key in _ADVICE), "Mend the storage")
    # Stores that lack conditional writes say so of creates; other calls of ours are known to all of them.
    if code == "NotImplemented" and what.startswith("create "):
        advice = "Expected a store that knows conditional writes (If-None-Match); choose another"
    return f"could not {what}: {reason(error)}. {advice}."


def reason(error: BaseException) -> str:
    """Return an error's own message on one line, after its S3 code where it has one."""
    code, _ = _s3_code(error)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if code is not None:
        response = getattr(_client_error(error), "response", {})
        text = response.get("Error", {}).get("Message") or text
    line = " ".join(str(text).split())[:300].rstrip(".")
    return f"{code}, {line}" if code else line


def _client_error(error: BaseException) -> BaseException | None:
    """Return the `botocore.exceptions.ClientError` that s3fs turned into an `OSError`, if there is one."""
    while error is not None and not hasattr(error, "response"):
        if error.__cause__ is None:
            return None
        error = error.__cause__
    return error


def _s3_code(error: BaseException) -> tuple[str | None, int]:
    """(code, HTTP status) of what the server answered, None where it did not."""
    client_error = _client_error(error)
    response = getattr(client_error, "response", None)
    if not isinstance(response, dict) or "Error" not in response:
        return None, 0
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    return str(response["Error"].get("Code") or status), status


def _botocore_names(error: BaseException | None) -> list[str]:
    """Return the names of an error's class and its ancestors, as far as they are botocore's."""
    while error is not None:
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "botocore.exceptions"]
        if names:
            return names
        error = error.__cause__
    return []
