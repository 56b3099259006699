"""Appraisal schemes in operation: which revision holds on which day, how a corrected one comes into force, what was confirmed.

Nouns: Proposal, Decision, Reading, ReadingCheck, the revisions of a scheme. Verbs: propose, approve, refuse, withdraw, read_item,
check_reading. Calls grading (the files), accounts and notices. Announces SchemeApproved. Everybody who needs a scheme for a day
or by its name asks ``queries`` here: files of the package and revisions approved in the database are one shelf.
"""
