"""Why a photo is refused: at once (raised), or after looking inside (a failed photo's error code)."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound
from app.kernel.text import N_


class PhotoRefused(InvalidInput):
    """The bytes cannot be taken in; each kind says what to do instead."""

    code = "photo_refused"
    message = N_("This photo cannot be used. Please choose another one.")


class PhotoEmpty(PhotoRefused):
    code = "photo_empty"
    message = N_("This file is empty. Please choose the photo once more.")


class PhotoTooLarge(PhotoRefused):
    code = "photo_too_large"
    message = N_("This photo is larger than %(most_mb)s MB. Please choose a smaller one.")


class PhotoIsHeic(PhotoRefused):
    code = "photo_heic"
    message = N_(
        "This photo is saved as HEIC, which cannot be read here yet. On an iPhone, open Settings, Camera, Formats, choose "
        "Most Compatible and take the photo again."
    )


class PhotoFormatUnknown(PhotoRefused):
    code = "photo_format"
    message = N_("This file is not a JPEG, PNG or WebP photo. Please choose another one.")


class TooManyPhotosToday(PhotoRefused):
    code = "photo_quota"
    message = N_("You have reached today's limit of %(most)s photos or %(most_mb)s MB. Please go on tomorrow.")


class PhotoNotFound(NotFound):
    code = "photo_not_found"
    message = N_("This photo does not exist.")


class PhotoInUse(Conflict):
    code = "photo_in_use"
    message = N_("This photo is already part of something that others rely on, so it stays.")


# Error codes of a failed photo, with the sentence for its owner.
FAILURES = {
    "unreadable": N_("This photo arrived incomplete or damaged. Please choose it once more."),
    "too_many_pixels": N_("This photo has more than 40 million pixels. Please choose a smaller one."),
    "too_small": N_("This photo is too small to see anything: each side needs at least 100 pixels."),
    "too_demanding": N_("This file takes too much work to open. Please save it as a normal photo and try again."),
    "lost": N_("This photo was lost on our side. Please choose it once more."),
}
