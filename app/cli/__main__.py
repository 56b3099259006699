"""``python -m app.cli`` is the command ``xunyi``."""

from app.cli.commands import main

main()
