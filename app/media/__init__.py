"""Photos: taken in as bytes, cleaned by a job in a process of its own, kept in three sizes.

Nouns: Photo, PhotoStore. Verbs: receive, publish, withdraw, delete. Calls the kernel only.
Announces PhotoReceived (a job prepares it) and PhotoDeleted (a job removes the files).
Bytes that are not public are served only by the room that owns the thing they show; this room serves the public ones.
"""
