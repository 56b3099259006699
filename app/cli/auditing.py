"""``xunyi audit``: the audit trail, and case files, written where the marketplace runs and checked anywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from app.credit import queries, tool
from app.credit.log import __main__ as checking
from app.credit.log.errors import LogError
from app.kernel import audit
from app.kernel.canonical import sha256_hex
from app.kernel.errors import DomainError
from app.kernel.hub import Hub

Opened = Callable[[], AbstractContextManager[Hub]]
Tell = Callable[[list[str], str], None]
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def group(opened: Opened, report: Tell) -> click.Group:
    """The commands, on the marketplace that ``opened`` gives; ``report`` says differences and ends with 1 when there are some."""

    @click.group("audit")
    def commands() -> None:
        """The audit trail, and case files for authorities."""

    @commands.command("verify")
    @click.argument("case", type=A_FILE, required=False)
    @click.option("--trust", type=A_FILE, help="The keys of the log and of witnesses (C2SP tlog-policy).")
    @click.option("--last", type=A_FILE, help="The checkpoint of your last visit.")
    @click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
    @click.option("--report", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to print.")
    def verify(case: Path | None, trust: Path | None, last: Path | None, as_json: bool, page: Path | None) -> None:
        """Check a CASE file without its server: 0 sound, 1 findings, 2 evidence invalid. Without one: the chain over all audit
        rows of this marketplace."""
        if case is None:
            with opened() as hub, hub.look() as work:
                report(audit.verify_chain(work), "Every audit row is where the chain says.")
            return
        if trust is None:
            raise click.UsageError("--trust FILE is needed: whom do you trust?")
        words = [str(case), "--trust", str(trust), *(["--json"] if as_json else [])]
        words += [*(["--last", str(last)] if last else []), *(["--report", str(page)] if page else [])]
        sys.exit(checking.main(words))

    @commands.command("export")
    @click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--seller", help="Public code of one seller; without it the case is the whole log.")
    @click.option("--last-size", type=click.IntRange(min=1), help="Size of the checkpoint that the reader keeps.")
    def export(out: Path, seller: str | None, last_size: int | None) -> None:
        """Write a case file: records, proofs, rules and score cards."""
        with opened() as hub, hub.look() as work:
            try:
                if seller is None:
                    content = queries.log_case(work)
                else:
                    content = queries.seller_case(work, queries.seller_by_code(work, seller).id, last_size)
            except (DomainError, LogError) as trouble:
                raise click.ClickException(str(trouble)) from trouble
        out.write_bytes(content)
        click.echo(f"{out}: {len(content)} bytes")

    @commands.command("tool")
    @click.argument("out", type=click.Path(dir_okay=False, path_type=Path), default=Path(tool.NAME))
    def write_tool(out: Path) -> None:
        """Write the check of case files as one file, for a computer on which nothing may be installed."""
        content = tool.one_file()
        out.write_bytes(content)
        click.echo(f"{out}: {len(content)} bytes, SHA-256 {sha256_hex(content)}")

    return commands
