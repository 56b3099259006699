"""How the marketplace is doing: whether it can serve, and figures for those who keep it running.

Nouns: figures (what waits, what is late, what gave up), checks of readiness. Verbs: none; nothing here changes anything.
Calls the kernel and payments' queries; announces nothing. Rules for alarms on these figures are in docs/alerts.yml.
"""
