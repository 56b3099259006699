"""Forms of the register: applications, instruments, certificates, courses, decisions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField

from app.appraisal.requirements import requirements
from app.web.forms import Day, Form, Line, Paragraph, Required, Whole
from app.web.rendering import in_language

LONGEST = 80


class ApplicationForm(Form):
    """What an agency says about itself when it applies; ``documents`` are added by ``application_form``."""

    address = Line(_l("Address of the premises"), [Required()], longest=120)
    area_m2 = Whole(_l("Area used for appraisals"), [Required()], least=1, most=1_000_000)
    note = Paragraph(_l("Anything the operator should know"), longest=500)


class InstrumentForm(Form):
    kind = SelectField(_l("Kind"), [Required(_l("Please choose one of the answers."))])
    maker = Line(_l("Maker"), [Required()], longest=LONGEST)
    model = Line(_l("Model"), [Required()], longest=LONGEST)
    serial = Line(_l("Serial number"), [Required()], longest=LONGEST)


class CalibrationForm(Form):
    done_on = Day(_l("Calibrated on"), [Required()])
    valid_until = Day(_l("Valid until"), [Required()])
    certificate_no = Line(_l("Number of the calibration certificate"), [Required()], longest=LONGEST)
    laboratory = Line(_l("Laboratory"), [Required()], longest=LONGEST)


class CertificateForm(Form):
    category = RadioField(_l("For which things"), [Required(_l("Please choose one of the answers."))])
    level = RadioField(_l("Level"), [Required(_l("Please choose one of the answers."))])
    number = Line(_l("Number of the certificate"), [Required()], longest=LONGEST)
    issuer = Line(_l("Issued by"), [Required()], longest=LONGEST)
    valid_from = Day(_l("Valid from"), [Required()])
    valid_until = Day(_l("Valid until"), [Required()])


class CourseForm(Form):
    title = Line(_l("Title of the course"), [Required()], longest=LONGEST)
    provider = Line(_l("Provider"), [Required()], longest=LONGEST)
    hours = Whole(_l("Hours"), [Required()], least=1, most=200)
    taken_on = Day(_l("Day on which it ended"), [Required()])
    evidence = Line(_l("Number of the attendance certificate"), [Required()], longest=LONGEST)


class ReasonForm(Form):
    """A decision that everybody can read."""

    reason = Paragraph(_l("Reason, readable by everybody"), [Required()], longest=500)


class NoteForm(Form):
    """A decision whose reason may be left out."""

    reason = Paragraph(_l("Reason, readable by everybody"), longest=500)


class ApprovalForm(NoteForm):
    licence_no = Line(_l("Number of the licence"), [Required()], longest=60)
    valid_from = Day(_l("Valid from"), [Required()])
    valid_until = Day(_l("Valid until"), [Required()])


class CorrectionForm(ReasonForm):
    valid_from = Day(_l("Valid from"), [Required()])
    valid_until = Day(_l("Valid until"), [Required()])


class SheetForm(Form):
    """Carries the token of a proficiency test; its answers are read by ``forms.answers``."""


def application_form() -> ApplicationForm:
    """The form with one field for each document that the register asks for, under the document's code."""
    fields = {each.code: Line(in_language(dict(each.name)), [Required()], longest=LONGEST) for each in requirements().documents}
    whole: type[ApplicationForm] = type("WholeApplicationForm", (ApplicationForm,), fields)
    return whole()


def documents_of(form: ApplicationForm) -> dict[str, str]:
    """Code of a document -> the number that was typed."""
    return {each.code: form[each.code].data or "" for each in requirements().documents}
