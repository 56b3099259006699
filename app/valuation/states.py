"""The lives of price models and of imports as data. What is not listed is refused; one model of a category serves."""

from __future__ import annotations

from app.kernel.flow import Flow

WANTED, FITTING = "wanted", "fitting"
FITTED = "fitted"  # its gates were measured and passed
REFUSED = "refused"  # a gate failed: it never serves
FAILED = "failed"  # nothing sound could be learned, or the fit broke off
SERVING, RETIRED = "serving", "retired"

BEGIN, PASS, REFUSE, FAIL = "begin", "pass", "refuse", "fail"
PROMOTE, RETIRE = "promote", "retire"

MODEL_FLOW = Flow(
    "price_model",
    {
        (WANTED, BEGIN): FITTING,
        (WANTED, FAIL): FAILED,
        (FITTING, BEGIN): FITTING,  # the process that fitted it died
        (FITTING, PASS): FITTED,
        (FITTING, REFUSE): REFUSED,
        (FITTING, FAIL): FAILED,
        (FITTED, PROMOTE): SERVING,
        (SERVING, RETIRE): RETIRED,
        (RETIRED, PROMOTE): SERVING,
    },
)

UPLOADED, CHECKING = "uploaded", "checking"
CHECKED = "checked"  # its rows were read by what was chosen of it, and nothing was kept yet
IMPORTING, IMPORTED = "importing", "imported"
DROPPED = "dropped"

CHECK, TELL, IMPORT, FINISH, DROP = "check", "tell", "import", "finish", "drop"

IMPORT_FLOW = Flow(
    "price_import",
    {
        (UPLOADED, CHECK): CHECKING,
        (CHECKED, CHECK): CHECKING,
        (CHECKING, CHECK): CHECKING,  # chosen otherwise before the first reading was done
        (CHECKING, TELL): CHECKED,
        (CHECKED, IMPORT): IMPORTING,
        (IMPORTING, FINISH): IMPORTED,
        (IMPORTING, FAIL): FAILED,  # somebody else imported the same file first
        (UPLOADED, DROP): DROPPED,
        (CHECKING, DROP): DROPPED,
        (CHECKED, DROP): DROPPED,
        (IMPORTING, DROP): DROPPED,  # taken back, or its job gave up
    },
)
