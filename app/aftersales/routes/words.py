"""Words that need values, for forms and pages of disputes."""

from __future__ import annotations

from flask_babel import gettext as _

from app.aftersales.queries import Cited
from app.aftersales.states import BUYER
from app.web.rendering import in_language


def cited_words(each: Cited) -> str:
    """How a piece of evidence is called, with its number."""
    kind = each.ref.partition("-")[0]
    if kind == "item":
        words = _("Item %(no)s: %(name)s", no=each.no, name=in_language(each.name or {}))
    elif kind == "photo":
        words = _("Photo %(no)s", no=each.no)
    elif kind == "said" and each.by == BUYER:
        words = _("Words %(no)s, of the buyer", no=each.no)
    elif kind == "said":
        words = _("Words %(no)s, of the seller", no=each.no)
    else:
        words = _("The signed report") if kind == "report" else _("What came back")
    return str(words)
