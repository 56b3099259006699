"""``xunyi organisation``: take one in, see who works there, give and end roles.

For the first people of a marketplace and of a regulator; everybody else is invited on the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from app.accounts import queries, service
from app.accounts.models import KIND_OF_ROLE, ORGANISATION_KINDS, ROLES, User
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM, Work

Opened = Callable[[], AbstractContextManager[Hub]]


def group(
    opened: Opened, speaking: Callable[[], AbstractContextManager[None]], person: Callable[[Work, str], User]
) -> click.Group:
    """The commands, on the marketplace that ``opened`` gives; ``speaking`` says refusals; ``person`` finds an e-mail address."""

    @click.group("organisation")
    def organisation() -> None:
        """Agencies, dealers, regulators, the operator itself, and their people."""

    @organisation.command("found")
    @click.argument("kind", type=click.Choice(ORGANISATION_KINDS))
    @click.argument("name")
    @click.argument("credit_code")
    def found(kind: str, name: str, credit_code: str) -> None:
        """Take in an organisation by its full NAME and its unified social credit code; prints its code."""
        with speaking(), opened() as hub, hub.begin(SYSTEM) as work:
            new = service.found_organisation(work, kind, name, credit_code)
            click.echo(new.code)

    @organisation.command("list")
    def listing() -> None:
        """Every organisation and who has which role there."""
        with opened() as hub, hub.look() as work:
            for kind in ORGANISATION_KINDS:
                for house in queries.organisations(work, kind):
                    click.echo(f"{house.code}  {kind}  {house.credit_code or '-'}  {house.name}")
                    for membership, user in queries.roles_in(work, house.id):
                        click.echo(f"    {membership.role}  {user.email}  since {membership.since_at:%Y-%m-%d}")

    @organisation.command("appoint")
    @click.argument("email")
    @click.argument("code")
    @click.argument("role", type=click.Choice(ROLES))
    def appoint(email: str, code: str, role: str) -> None:
        """Give the person with this EMAIL a ROLE in the organisation with this CODE."""
        with speaking(), opened() as hub, hub.begin(SYSTEM) as work:
            service.appoint(work, person(work, email), queries.organisation_by_code(work, code), role)
        click.echo(f"{email} is now {role}.")

    @organisation.command("dismiss")
    @click.argument("email")
    @click.argument("code")
    @click.argument("role", type=click.Choice(sorted(KIND_OF_ROLE)))
    @click.argument("reason")
    def dismiss(email: str, code: str, role: str, reason: str) -> None:
        """End a ROLE at once; the person reads the REASON."""
        with speaking(), opened() as hub, hub.begin(SYSTEM) as work:
            house = queries.organisation_by_code(work, code)
            user = person(work, email)
            held = [each for each, one in queries.roles_in(work, house.id) if one.id == user.id and each.role == role]
            if not held:
                raise click.ClickException("this person does not have this role there")
            service.dismiss(work, held[0], reason)
        click.echo(f"{email} is no longer {role}.")

    return organisation
