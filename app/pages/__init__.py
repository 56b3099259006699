"""Pages of no single room: home, my desk, how protection works, language and theme, the staff view of jobs.

Nouns: none of its own. Verbs: none; it reads many rooms. Calls every lower room's queries; announces nothing.
"""
