"""The page that ours are compared with: nothing but Flask, SQLAlchemy and a plain list of the same listings.

One query for 24 listings, one template without a frame, no session, no language, no headers, no photos; the same server with
the same processes and threads on the same database.
"""

from __future__ import annotations

import sys

from flask import Flask, render_template_string
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.cli.database import load_models
from app.cli.serving import Server
from app.listings.models import Listing
from config import Settings

PAGE = """<!doctype html><title>Listings</title><ul>
{% for each in listings %}<li><a href="/items/{{ each.code }}">{{ each.title }}</a> {{ each.price_fen // 100 }}</li>
{% endfor %}</ul>"""


def create_app(settings: Settings) -> Flask:
    load_models()
    app = Flask("bare")
    engine = create_engine(settings.db_url, pool_size=settings.threads)
    newest = select(Listing).where(Listing.state == "active").order_by(Listing.published_at.desc()).limit(24)

    @app.get("/")
    def listings() -> str:
        with Session(engine) as session:
            return render_template_string(PAGE, listings=session.scalars(newest).all())

    return app


if __name__ == "__main__":
    chosen = Settings()
    Server(lambda: create_app(chosen), chosen, sys.argv[1], first_pages=("/",)).run()
