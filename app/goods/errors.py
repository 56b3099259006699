"""Refusals of the room of things."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotFound
from app.kernel.text import N_


class ThingNotFound(NotFound):
    """No such thing, or it belongs to somebody else."""

    code = "thing_not_found"


class CategoryNotFound(NotFound):
    """Things of this kind cannot be sold here (yet)."""

    code = "category_not_found"
    message = N_("This kind of item cannot be sold here yet.")


class BrandNotFound(NotFound):
    """No such brand in the catalogue."""

    code = "brand_not_found"
    message = N_("The catalogue has no brand of this name.")


class ThingAlreadyOnSale(Conflict):
    """The same IMEI or serial number is on sale in another listing."""

    code = "thing_already_on_sale"
    message = N_(
        "Something with this number is already on sale on Xunyi. Please compare every digit; "
        "if it is right, end the other listing first."
    )


class ThingChangedHands(Conflict):
    """The thing no longer belongs to the person who is said to give it away."""

    code = "thing_changed_hands"
    message = N_("This item has a new owner in the meantime.")


class BadImei(InvalidInput):
    """The text is not an IMEI; ``errors["imei"]`` says what is wrong with it."""

    code = "bad_imei"

    MESSAGES = {  # noqa: RUF012 - a constant table, keyed by the reasons of grading.ids
        "empty": N_("Please type the IMEI."),
        "not_digits": N_("An IMEI has digits only."),
        "too_short": N_("An IMEI has 15 digits; some are missing."),
        "too_long": N_("An IMEI has 15 digits; there are too many."),
        "imeisv": N_("This is the 16-digit IMEISV. Please dial *#06# and type the IMEI of 15 digits."),
        "placeholder": N_("This is a placeholder, not the number of this phone."),
        "check_digit": N_("The last digit does not fit the others. Please compare every digit."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__({"imei": self.MESSAGES[reason]})
        self.reason = reason


class BadSerial(InvalidInput):
    """The text cannot be a serial number."""

    code = "bad_serial"

    def __init__(self) -> None:
        super().__init__({"serial": N_("A serial number has 5 to 30 letters and digits, with at least one digit.")})


class BadVin(InvalidInput):
    """The text is not a VIN; ``errors["vin"]`` says what is wrong with it."""

    code = "bad_vin"

    MESSAGES = {  # noqa: RUF012 - a constant table, keyed by the reasons of grading.ids
        "empty": N_("Please type the VIN."),
        "vin_length": N_("A VIN has 17 letters and digits. Please count again."),
        "vin_signs": N_("A VIN has digits and capital letters only, and never I, O or Q."),
        "vin_check_digit": N_("The ninth sign does not fit the others. Please compare every sign with the licence."),
    }

    def __init__(self, reason: str) -> None:
        super().__init__({"vin": self.MESSAGES[reason]})
        self.reason = reason


class UnknownModel(InvalidInput):
    """Brand, model or colour are neither in the catalogue nor described in words."""

    code = "unknown_model"

    def __init__(self) -> None:
        super().__init__({"model": N_("Please choose the model, or type its name.")})
