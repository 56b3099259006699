"""People, organisations, roles, registration, login and its sessions.

Nouns: User, Organisation, Membership, LoginSession, Registration, PasswordReset, LoginAttempt.
Verbs: request_registration, confirm_registration, request_reset, reset_password, change_password, start_session, end_session,
create_user, create_organisation, add_member, end_member.
Calls the kernel and web only. Announces UserRegistered, RegistrationRequested, ResetRequested, PasswordChanged.
"""
