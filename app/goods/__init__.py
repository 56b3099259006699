"""The thing itself and its owners, independent of any offer to sell it.

Nouns: Thing (brand, model, IMEI or serial), ThingOwner (who owned it, in order), ThingClaim (a number that is on sale just
now), ThingStatement (what an owner said about its repairs in public), the catalogue of models and the list of districts.
Verbs: register_thing, record_statement, claim, release_claim, transfer.
Calls accounts and grading.ids. Announces ThingTransferred; what else happened to a thing, the rooms above say.
"""
