"""Law and platform rules as data: which rights a buyer has, until when, who pays, and on which source each rests.

Nouns: Rule (one right, in rights.yaml), Facts (what a sale is like), Right (a rule's answer for one sale and one instant).
No verbs and no tables: ``queries.rights_of`` answers, purely, for the listing's page, the order's page, claims and programs.
Calls web and kernel only.
"""
