"""Words for what pages and files say of a stored estimate: message ids, translated where they are shown."""

from __future__ import annotations

from app.kernel.text import N_

KINDS = {
    "private_sold": N_("Really sold, between private people"),
    "private_asking": N_("Asked by private sellers"),
    "dealer_asking": N_("Asked by dealers"),
    "dealer_buying": N_("Paid by dealers who buy"),
    "recycling": N_("Paid by recyclers"),
}
KIND_NOTES = {
    "private_sold": N_("What a buyer paid in the end."),
    "private_asking": N_("What a seller wants; the sale usually ends lower."),
    "dealer_asking": N_("With the dealer's checks, warranty and margin."),
    "dealer_buying": N_("Money at once; the dealer still has to earn on it."),
    "recycling": N_("For its parts and materials."),
}
STEPS = {
    "model": N_("Model"),
    "storage": N_("Storage"),
    "age": N_("Age"),
    "use": N_("Use"),
    "battery": N_("Battery"),
    "grade": N_("Grade and condition"),
    "place": N_("Place"),
    "season": N_("Season"),
    "other": N_("Everything else"),
}
NOT_IN_FORMULA = ("use", "place", "season", "other")  # steps of which the standard's cost formula has no part
RATINGS = {
    "very_low": N_("Far below the market"),
    "low": N_("Below the market"),
    "fair": N_("Like the market"),
    "high": N_("Above the market"),
    "very_high": N_("Far above the market"),
}
RATING_SHARES = {"very_low": 15, "low": 20, "fair": 30, "high": 20, "very_high": 15}  # of 100 held-out prices
RATING_TONES = {"very_low": "attention", "low": "good", "fair": "good", "high": "plain", "very_high": "attention"}
FLAGS = {
    "accident": N_("Its structure was damaged in an accident. It is compared only with others of which that is known."),
    "flood": N_("It was under water. It is compared only with others of which that is known."),
    "ungraded": N_("It could not be graded. It is compared only with others that could not be graded."),
}
PURPOSES = {
    "public": N_("Asked on the page “What is it worth?”"),
    "listing": N_("Made when the listing was published"),
    "report": N_("Made when the appraisal report was issued"),
    "wizard": N_("Made while a listing was being written"),
    "api": N_("Asked by a program"),
}
CATEGORIES = {"phone": N_("Phones"), "appliance": N_("Appliances"), "car": N_("Cars")}
PROBLEMS = {
    "no_price": N_("no price above zero"),
    "impossible": N_("outside what is possible"),
    "no_model": N_("no model"),
    "unknown_model": N_("the catalogue has no such model, or several"),
    "no_day": N_("not a day"),
    "future": N_("later than the day of the table"),
    "no_number": N_("not a number"),
    "no_month": N_("not a month"),
    "too_late": N_("later than the day of the price"),
    "unknown_word": N_("not a word that we know"),
    "absurd": N_("absurd beside the others of this table"),
    "copy": N_("a copy of another row"),
    "too_few": N_("too few rows of this table can be used"),
}
IMPORT_STATES = {
    "uploaded": N_("where it comes from is not told yet"),
    "checking": N_("being read"),
    "checked": N_("read, not imported"),
    "importing": N_("being imported"),
    "imported": N_("imported"),
    "failed": N_("not imported: the same file was there already"),
    "dropped": N_("put away"),
}
MODEL_STATES = {
    "wanted": N_("waits to be trained"),
    "fitting": N_("being trained"),
    "fitted": N_("passed its gates, does not answer"),
    "refused": N_("refused: a gate failed"),
    "failed": N_("nothing could be learned"),
    "serving": N_("answers"),
    "retired": N_("answered before"),
}
MODEL_TONES = {"serving": "good", "refused": "danger", "failed": "danger", "fitting": "attention", "wanted": "attention"}
GATES = {
    "rows": N_("Rows to learn from"),
    "answered": N_("Rows that it answers"),
    "better_than_median": N_("Error smaller than that of the median by model"),
    "better_than_formula": N_("Error smaller than that of the standard's formula"),
    "coverage90": N_("Prices within the range (9 of 10)"),
    "directions": N_("Pairs against a direction"),
    "segment": N_("Error of a brand above that of the model before"),
}
COUNTED = ("rows", "answered", "directions")  # gates in numbers; the others in shares
DRIFT = {"fine": N_("as it was"), "warn": N_("the market moves"), "act": N_("no longer its market: a new model was asked for")}
DONE = {
    "price_model.create": N_("Asked for"),
    "price_model.begin": N_("Training began"),
    "price_model.pass": N_("Passed its gates"),
    "price_model.refuse": N_("A gate failed"),
    "price_model.fail": N_("Failed"),
    "price_model.promote": N_("Began to answer"),
    "price_model.retire": N_("Stopped answering"),
}
