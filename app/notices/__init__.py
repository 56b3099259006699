"""Telling people: notices inside the pages, and mails through one door, sent by jobs after the commit, once.

Nouns: Notice, MailMessage, Mailer. Verbs: notify, queue_mail, mark_read, mark_all_read.
Calls accounts. Announces MailQueued.
"""
