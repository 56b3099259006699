"""The planted fault: ``xunyi`` whose reservation takes without asking. Only for the drill that must see it sell twice."""

from __future__ import annotations

from app.cli.commands import main
from app.listings import service
from tests.trades.test_race import check_then_take

if __name__ == "__main__":
    service.reserve = check_then_take
    main()
