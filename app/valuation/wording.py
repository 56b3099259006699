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
