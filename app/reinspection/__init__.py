"""Re-inspection: another agency looks at a thing again without knowing the first result, drawn by lot or because somebody asks.

Nouns: Reinspection (why a report is looked at again, who asked, what became of the deposit and of the grade).
Verbs: contest, withdraw, seek (draw the next agency), close; a signed second report decides.
Calls trades (who is buying), appraisal (the order underneath, agreement), payments, goods, credit, notices, media.
Announces AgencyWanted.
"""
