"""Visits: an appraiser comes to the owner's home at a booked time.

Nouns: VisitArea (a district that an agency comes to, for a fee), VisitSlot (a time there), Visit (one booked coming, with the
sealed address; whether both sides met, and what was said when one of them was not there).
Verbs: open_area, offer_slots, book, move, confirm, lapse, meet, say_absent, object_to, decide, cancel.
Calls goods (the list of districts), accounts. Announces VisitMissed, VisitSilent.
Why somebody comes is the business of whoever booked: the appraisal room.
"""
