"""Mails leave once: when the job runs twice, when two run at a time, when the server is away."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.kernel.clock import advance
from app.kernel.outbox import dead_deliveries, send_again
from app.kernel.work import SYSTEM
from app.notices import jobs, service
from app.notices.errors import MailNotSent, MailRefused
from app.notices.events import MailQueued
from app.notices.models import MailMessage
from app.notices.provider import FolderMailer, SmtpMailer, from_settings
from tests.accounts.making import make_user
from tests.notices.making import mails
from tests.notices.smtp import FakeServer


@pytest.fixture
def servers():
    opened = []

    def open_one(**options) -> FakeServer:
        opened.append(FakeServer(**options))
        return opened[-1]

    yield open_one
    for server in opened:
        server.close()


def queue(hub, user, **more) -> MailQueued:
    with hub.begin(SYSTEM) as work:
        fields = {"key": "k", "user_id": user.id, "locale": "en", "subject": "News", "body": "Something happened.", "link": "/x"}
        assert service.queue_mail(work, **{**fields, **more})
        return MailQueued(work.session.scalars(select(MailMessage.id).order_by(MailMessage.id.desc())).first())


def row(hub, event) -> MailMessage:
    with hub.look() as work:
        return work.session.get_one(MailMessage, event.mail_id)


def test_a_mail_is_sent_once_when_the_job_runs_twice(hub, servers):
    server = servers()
    hub.mailer = SmtpMailer(server.url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    for _ in range(3):
        jobs.send_mail(hub, event)
    hub.drain()
    assert len(server.mails) == 1
    assert (row(hub, event).state, row(hub, event).attempts) == ("sent", 1)


def test_a_mail_is_sent_once_when_two_jobs_run_at_the_same_time(hub, servers):
    server = servers(delay=0.5)
    hub.mailer = SmtpMailer(server.url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    start, results = threading.Barrier(3), []

    def one() -> None:
        start.wait(5)
        try:
            jobs.send_mail(hub, event)
            results.append("done")
        except MailNotSent:
            results.append("later")

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == ["done", "later", "later"]
    hub.drain()
    assert len(server.mails) == 1


def test_a_job_killed_between_sending_and_noting_sends_the_same_mail_again_under_the_same_name(hub):
    event = queue(hub, make_user(hub))
    hub.mailer.send(jobs._claim(hub, event.mail_id))  # killed here
    with pytest.raises(MailNotSent):
        jobs.send_mail(hub, event)
    with hub.begin() as work:
        advance(work, timedelta(seconds=51))
    jobs.send_mail(hub, event)
    assert len(mails(hub)) == 1
    assert row(hub, event).state == "sent"


def test_a_mail_carries_text_name_and_no_trackers(hub, servers):
    server = servers()
    hub.mailer = SmtpMailer(server.url, "notices@xunyi.example")
    user = make_user(hub, email="lin@xunyi.example")
    event = queue(hub, user, subject="新消息：\r\nBcc: evil@xunyi.example", body="手机已发货。\n.\nEnde")
    jobs.send_mail(hub, event)
    sent = server.mails[0]
    assert sent["To"] == "lin@xunyi.example"
    assert sent["From"] == "notices@xunyi.example"
    assert sent["Subject"] == "新消息： Bcc: evil@xunyi.example"
    assert sent["Bcc"] is None
    assert sent["Message-ID"] == f"<{row(hub, event).code}@xunyi.example>"
    assert sent.get_content_type() == "text/plain"
    assert "手机已发货。\n.\nEnde" in sent.get_content().replace("\r\n", "\n")
    assert "http://127.0.0.1:8000/x" in sent.get_content()


def test_a_server_that_is_away_is_tried_again_until_it_is_back(hub, servers):
    away = servers()
    away.close()
    hub.mailer = SmtpMailer(away.url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    hub.drain()
    assert row(hub, event).state == "queued"
    back = servers()
    hub.mailer = SmtpMailer(back.url, "notices@xunyi.example")
    with hub.begin() as work:
        advance(work, timedelta(minutes=1))
    hub.drain()
    assert len(back.mails) == 1
    assert row(hub, event).state == "sent"


@pytest.mark.parametrize(
    "answers", [{"RCPT": "450 busy"}, {"END": "451 later"}, {"MAIL": "421 closing"}, {"EHLO": "421 no", "HELO": "421 no"}]
)
def test_a_server_that_says_later_is_tried_later(hub, servers, answers):
    hub.mailer = SmtpMailer(servers(answers=answers).url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    with pytest.raises(MailNotSent):
        jobs.send_mail(hub, event)
    assert row(hub, event).state == "queued"


@pytest.mark.parametrize("answers", [{"RCPT": "550 <lin@xunyi.example> unknown"}, {"END": "554 no"}])
def test_a_mail_that_the_server_never_takes_is_dead_and_staff_can_send_it_again(hub, servers, answers):
    hub.mailer = SmtpMailer(servers(answers=answers).url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    with pytest.raises(MailRefused):
        jobs.send_mail(hub, event)
    hub.drain()
    assert row(hub, event).state == "dead"
    with hub.look() as work:
        [(delivery, _)] = dead_deliveries(work)
        delivery_id, reason = delivery.id, delivery.last_error
    assert "lin@xunyi.example" not in reason
    good = servers()
    hub.mailer = SmtpMailer(good.url, "notices@xunyi.example")
    with hub.begin() as work:
        send_again(work, delivery_id)
    hub.drain()
    assert len(good.mails) == 1
    assert row(hub, event).state == "sent"


def test_a_mail_that_fails_eight_times_is_dead(hub, servers):
    hub.mailer = SmtpMailer(servers(answers={"RCPT": "450 busy"}).url, "notices@xunyi.example")
    event = queue(hub, make_user(hub))
    for _ in range(10):
        hub.drain()
        with hub.begin() as work:
            advance(work, timedelta(minutes=10))
    assert (row(hub, event).state, row(hub, event).attempts) == ("dead", 8)


def test_a_password_is_not_sent_without_encryption(servers):
    server = servers()
    host = server.url.partition("//")[2]
    mailer = SmtpMailer(f"smtp://user:secret@{host}", "notices@xunyi.example")
    from datetime import UTC, datetime

    from app.notices.provider import Mail

    with pytest.raises(MailNotSent):
        mailer.send(Mail(1, "c", "lin@xunyi.example", "s", "t", datetime(2026, 1, 1, tzinfo=UTC)))
    assert "AUTH" not in server.words


def test_a_server_that_accepts_and_says_nothing_does_not_hold_the_worker_for_ever(hub, servers, monkeypatch):
    monkeypatch.setattr("app.notices.provider.TIMEOUT", 0.3)
    hub.mailer = SmtpMailer(servers(greets=False).url, "notices@xunyi.example")
    begun = time.monotonic()
    with pytest.raises(MailNotSent):
        jobs.send_mail(hub, queue(hub, make_user(hub)))
    assert time.monotonic() - begun < 60


def test_the_folder_takes_a_mail_whole_or_not_at_all(hub, tmp_path):
    event = queue(hub, make_user(hub))
    hub.mailer = FolderMailer(tmp_path / "not there", "notices@xunyi.example")
    with pytest.raises(MailNotSent):
        jobs.send_mail(hub, event)
    hub.mailer = FolderMailer(hub.settings.folder("mail"), "notices@xunyi.example")
    jobs.send_mail(hub, event)
    assert [path.suffix for path in hub.settings.folder("mail").iterdir()] == [".eml"]


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense", ""])
def test_a_wrong_mail_setting_stops_the_start(hub, url):
    with pytest.raises(ValueError):
        from_settings(hub.settings.model_copy(update={"mail_url": url}))


def test_the_setting_chooses_the_door(hub):
    assert isinstance(from_settings(hub.settings), FolderMailer)
    smtps = from_settings(hub.settings.model_copy(update={"mail_url": "smtps://u%40x:p%2Fw@mail.xunyi.example"}))
    assert isinstance(smtps, SmtpMailer)
    assert (smtps.is_tls, smtps.host, smtps.port, smtps.user, smtps.password) == (True, "mail.xunyi.example", 465, "u@x", "p/w")


def test_the_same_key_is_queued_once(hub):
    user = make_user(hub)
    queue(hub, user)
    with hub.begin() as work:
        assert not service.queue_mail(work, key="k", user_id=user.id, locale="en", subject="s", body="b")


def test_an_address_without_an_account_is_kept_sealed(hub):
    with hub.begin() as work:
        sealed = hub.sealer.seal("new@xunyi.example", "mail_message.to:thecode")
        service.queue_mail(work, key="k", code="thecode", to_sealed=sealed, locale="en", subject="s", body="b")
    with hub.look() as work:
        assert "new@xunyi.example" not in repr(work.session.execute(text("SELECT * FROM mail_message")).all())
    hub.drain()
    assert mails(hub)[0].to == "new@xunyi.example"
