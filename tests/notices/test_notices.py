"""Telling people something: once, in their language, with a link of our own."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import func, select

from app.kernel.text import N_
from app.kernel.work import SYSTEM
from app.notices import queries, service
from app.notices.errors import NoticeNotFound
from app.notices.models import MailMessage, Notice
from app.notices.texts import say
from tests.accounts.making import actor, make_user, reader, send_form, sign_in
from tests.notices.making import link_of, mails

TEXT = N_("The buyer paid %(price)s. Please ship within %(days)s days.")
VALUES = {"price": "¥2,380", "days": 7}


def tell(hub, user, key="order.paid:abc", **more) -> bool:
    with hub.begin(SYSTEM) as work:
        return service.notify(work, user.id, **{"text": TEXT, "values": VALUES, "link": "/orders/abc", "key": key, **more})


def test_a_notice_is_in_the_pages_and_in_the_mail(hub, client):
    user = make_user(hub, email="lin@xunyi.example")
    assert tell(hub, user)
    assert mails(hub) == [], "nothing leaves before the commit and its job"
    hub.drain()
    mail = mails(hub)[0]
    assert mail.to == "lin@xunyi.example"
    assert "The buyer paid ¥2,380. Please ship within 7 days." in mail.text
    assert link_of(mail) == "/orders/abc"
    assert mail.subject == "The buyer paid ¥2,380. Please ship within 7 days."
    sign_in(client, hub, user)
    assert "The buyer paid ¥2,380. Please ship within 7 days." in client.get("/notices").get_data(as_text=True)


def test_a_long_notice_is_cut_in_the_subject_only(hub):
    tell(hub, make_user(hub), values={"price": "¥" + "1" * 80, "days": 7})
    hub.drain()
    assert mails(hub)[0].subject == "The buyer paid ¥" + "1" * 43 + "…"
    assert "¥" + "1" * 80 in mails(hub)[0].text


def test_the_same_news_is_told_once_to_each_person(hub):
    first, second = make_user(hub), make_user(hub)
    assert [tell(hub, first), tell(hub, first), tell(hub, second)] == [True, False, True]
    hub.drain()
    assert sorted(mail.to for mail in mails(hub)) == sorted([first.email, second.email])


def test_the_same_news_from_two_jobs_at_the_same_moment_is_told_once(hub):
    user = make_user(hub)
    start, results = threading.Barrier(4), []

    def one() -> None:
        start.wait(60)
        results.append(
            hub.db.run(SYSTEM, lambda work: service.notify(work, user.id, text=TEXT, values=VALUES, link="/orders/abc", key="k"))
        )

    jobs = [threading.Thread(target=one) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
    assert sorted(results) == [False, False, False, True]
    with hub.look() as work:
        assert work.session.scalars(select(func.count()).select_from(Notice)).one() == 1
        assert work.session.scalars(select(func.count()).select_from(MailMessage)).one() == 1


def test_what_is_rolled_back_was_never_told(hub):
    user = make_user(hub)

    def pay(work) -> None:
        service.notify(work, user.id, text=TEXT, values=VALUES, link="/orders/abc", key="k")
        raise RuntimeError("the order could not be written")

    with pytest.raises(RuntimeError):
        hub.db.run(SYSTEM, pay)
    hub.drain()
    assert mails(hub) == []
    with hub.look() as work:
        assert queries.unread_count(work, user.id) == 0


def test_a_notice_without_mail_stays_in_the_pages(hub):
    user = make_user(hub)
    tell(hub, user, mail=False)
    hub.drain()
    assert mails(hub) == []
    with hub.look(actor(hub, user)) as work:
        assert queries.unread_count(work) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"values": {"price": "¥1"}}, {"link": "https://evil.example"}, {"link": "//evil.example"}, {"link": "orders"}, {"key": ""}],
)
def test_a_mistake_of_the_caller_shows_at_once(hub, wrong):
    user = make_user(hub)
    with pytest.raises((KeyError, ValueError)):
        tell(hub, user, **wrong)


@pytest.mark.parametrize("link", ["https://evil.example", "//evil.example", "javascript:alert(1)"])
def test_the_database_takes_only_links_of_our_own(hub, link):
    from sqlalchemy import update
    from sqlalchemy.exc import IntegrityError

    user = make_user(hub)
    tell(hub, user)
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(update(Notice).values(link=link))


def test_opening_a_notice_marks_it_as_read_and_leads_to_its_thing(hub, client):
    user = make_user(hub)
    tell(hub, user)
    tell(hub, user, key="order.paid:def")
    sign_in(client, hub, user)
    with hub.look() as work:
        newest = queries.list_notices(work, user.id)[0]
    assert client.get("/notices").get_data(as_text=True).count(">Not read yet<") == 2
    answer = send_form(client, "/notices", to=f"/notices/{newest.code}/open")
    assert (answer.status_code, answer.location) == (303, "/orders/abc")
    with hub.look() as work:
        assert queries.unread_count(work, user.id) == 1
    assert client.get("/notices").get_data(as_text=True).count(">Not read yet<") == 1


def test_all_can_be_marked_as_read(hub, client):
    user, other = make_user(hub), make_user(hub)
    for key in ("a", "b", "c"):
        tell(hub, user, key=key)
    tell(hub, other)
    sign_in(client, hub, user)
    assert send_form(client, "/notices", to="/notices/read").status_code == 303
    with hub.look() as work:
        assert queries.unread_count(work, user.id) == 0
        assert queries.unread_count(work, other.id) == 1
    assert "Mark all as read" not in client.get("/notices").get_data(as_text=True)


def test_a_strangers_notice_cannot_be_opened_or_seen(hub, client):
    user, stranger = make_user(hub), make_user(hub)
    tell(hub, user)
    with hub.look() as work:
        code = queries.list_notices(work, user.id)[0].code
    sign_in(client, hub, stranger)
    assert "¥2,380" not in client.get("/notices").get_data(as_text=True)
    assert send_form(client, "/notices", to=f"/notices/{code}/open").status_code == 404
    with pytest.raises(NoticeNotFound), hub.look(actor(hub, stranger)) as work:
        queries.own_notice(work, code)
    with hub.look() as work:
        assert queries.unread_count(work, user.id) == 1


def test_a_long_list_is_read_page_by_page(hub, client):
    user = make_user(hub)
    for number in range(35):
        tell(hub, user, key=f"k{number}", values={"price": f"¥{number + 1000}", "days": 7}, mail=False)
    sign_in(client, hub, user)
    first = client.get("/notices").get_data(as_text=True)
    assert "¥1034" in first
    assert "¥1004" not in first
    with hub.look() as work:
        border = queries.list_notices(work, user.id, limit=30)[-1].id
    assert f"before={border}" in first
    second = client.get(f"/notices?before={border}").get_data(as_text=True)
    assert "¥1004" in second
    assert "¥1005" not in second


@pytest.mark.parametrize("typed", ["", "x", "-1", "9" * 30, "１２", "1e5", "%00"])
def test_a_strange_page_number_shows_the_first_page(hub, client, typed):
    user = make_user(hub)
    tell(hub, user)
    sign_in(client, hub, user)
    assert client.get(f"/notices?before={typed}").status_code == 200


def test_visitors_are_asked_to_sign_in(client):
    assert client.get("/notices").location == "/sign-in?next=/notices"


def test_values_are_shown_as_text(hub, client):
    user = make_user(hub)
    tell(hub, user, values={"price": "<b onclick=x>", "days": "%(days)s {{ 7*7 }}"})
    sign_in(client, hub, user)
    page = client.get("/notices").get_data(as_text=True)
    assert "<b onclick" not in page
    assert "%(days)s {{ 7*7 }}" in page


def test_messages_are_said_in_the_persons_language_and_in_english_when_there_is_no_catalogue(tmp_path):
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    catalogue = Catalog(locale="zh_CN")
    catalogue.add(TEXT, "买家已付 %(price)s，请在 %(days)s 天内发货。")
    place = tmp_path / "zh_CN" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    assert say("zh_CN", TEXT, VALUES, folder=tmp_path) == "买家已付 ¥2,380，请在 7 天内发货。"
    assert say("en", TEXT, VALUES, folder=tmp_path) == "The buyer paid ¥2,380. Please ship within 7 days."
    assert say("zh_CN", "", folder=tmp_path) == ""


def test_the_mailbox_of_the_demonstration_shows_mails_and_links_only_to_this_site(hub, app):
    user = make_user(hub, name="<script>x https://evil.example/a")
    tell(hub, user)
    hub.drain()
    client = reader(app)
    listed = client.get("/dev/mailbox").get_data(as_text=True)
    name = hub.mailer.names()[0]
    assert f"/dev/mailbox/{name}" in listed
    page = client.get(f"/dev/mailbox/{name}").get_data(as_text=True)
    assert '<a href="/orders/abc">http://127.0.0.1:8000/orders/abc</a>' in page
    assert "<script>x" not in page
    assert re.search(r"Sent at</dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d</dd>", page), "the hour of Shanghai, as everywhere"
    assert 'href="https://evil.example' not in page
    for strange in ("x.eml", "..%2fkeys%2fsecret", "%2e%2e", name + "x"):
        assert client.get(f"/dev/mailbox/{strange}").status_code == 404
