"""What people type about a parcel or at a meeting, read into the form in which it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.kernel.text import N_
from app.trades.carrying import INSTALLERS, LEAST_FLOOR, MOST_FLOOR

MEET_CODE_DIGITS = 6
LIFTS = ("yes", "small", "no")  # there is one; there is one but the thing does not fit; there is none

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})", re.ASCII)
_LANDLINE = re.compile(r"0[0-9]{9,11}", re.ASCII)
_TRACKING = re.compile(r"[A-Z0-9]{8,24}", re.ASCII)


@dataclass(frozen=True)
class Address:
    """Where a parcel goes. Personal: stored sealed only."""

    name: str
    phone: str
    address: str
    floor: str = ""  # of an appliance: into which room it goes
    lift: str = ""
    remarks: str = ""
    door_cm: str = ""  # width of the narrowest door of the way
    old_unit: str = ""  # "yes": the old one is taken away
    installing: str = ""  # who installs it
    slot: str = ""  # when it is brought: 2026-12-01 am

    def as_dict(self) -> dict[str, str]:
        room = {name: getattr(self, name) for name in ("floor", "lift", "remarks", "door_cm", "old_unit", "installing", "slot")}
        return {
            "name": self.name,
            "phone": self.phone,
            "address": self.address,
            **{key: text for key, text in room.items() if text},
        }


def read_address(name: str, phone: str, address: str) -> tuple[Address, dict[str, str]]:
    """The address as it is kept, and one sentence per field that cannot be used (empty: all is well)."""
    name, address = name.strip(), address.strip()
    digits = re.sub(r"[ -]", "", phone.strip())
    mobile = _MOBILE.fullmatch(digits)
    errors: dict[str, str] = {}
    if not name:
        errors["name"] = N_("Please type the name of the person who receives the parcel.")
    elif len(name) > 40:
        errors["name"] = N_("This name is too long for a parcel label: at most 40 characters.")
    if mobile is None and _LANDLINE.fullmatch(digits) is None:
        errors["phone"] = N_("Please type a mobile number of 11 digits, or a landline number with its area code.")
    if len(address) < 5:
        errors["address"] = N_("Please type the whole address: province, city, district, street, house and room.")
    elif len(address) > 200:
        errors["address"] = N_("This address is too long for a parcel label: at most 200 characters.")
    return Address(name, mobile.group(1) if mobile else digits, address), errors


def read_room(to: Address, typed: Mapping[str, str]) -> tuple[Address, dict[str, str]]:
    """The address with everything about the way of an appliance into the room; and what cannot be used."""
    lift, remarks, door, old_unit, installing, slot = (
        typed.get(key, "").strip() for key in ("lift", "remarks", "door_cm", "old_unit", "installing", "slot")
    )
    floor = re.sub(r"\s*[楼层fF]$", "", typed.get("floor", "").strip())
    errors: dict[str, str] = {}
    if re.fullmatch(r"-?[0-9]{1,3}", floor, re.ASCII) is None or not LEAST_FLOOR <= int(floor) <= MOST_FLOOR or int(floor) == 0:
        errors["floor"] = N_("Please type the floor, for example 5.")
    if lift not in LIFTS:
        errors["lift"] = N_("Please say whether there is a lift.")
    if len(remarks) > 200:
        errors["remarks"] = N_("This is too long: at most 200 characters.")
    if door and (re.fullmatch(r"[0-9]{2,3}", door, re.ASCII) is None or not 30 <= int(door) <= 300):
        errors["door_cm"] = N_("Please type the width of the door in centimetres, for example 80, or leave it empty.")
    if installing not in ("", *INSTALLERS):
        errors["installing"] = N_("Please choose who installs it.")
    if slot and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [a-z]{2,10}", slot, re.ASCII) is None:
        errors["slot"] = N_("Please choose one of the days that are offered.")
    if errors:
        return to, errors
    room = {
        "floor": str(int(floor)),
        "lift": lift,
        "remarks": remarks,
        "door_cm": door,
        "old_unit": "yes" if old_unit == "yes" else "",
    }
    return replace(to, **room, installing=installing, slot=slot), errors


def read_tracking_no(typed: str) -> str | None:
    """The tracking number in capitals without spaces and hyphens; None when it cannot be one."""
    number = re.sub(r"[\s-]", "", typed).upper()
    fits = _TRACKING.fullmatch(number) is not None and sum(letter.isdigit() for letter in number) >= 6
    return number if fits else None


def read_meet_code(typed: str) -> str | None:
    """The six digits, also when typed with a space between them; None when it is something else."""
    digits = re.sub(r"[ -]", "", typed.strip())
    return digits if digits.isascii() and digits.isdigit() and len(digits) == MEET_CODE_DIGITS else None
