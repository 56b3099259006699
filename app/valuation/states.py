"""The life of a price model as data. What is not listed is refused; one of a category serves (a partial unique index)."""

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
