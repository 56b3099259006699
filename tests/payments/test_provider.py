"""The sandbox keeps its own books, gives the same answer to the same key, and sends its events until they are accepted."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.payments.errors import ProviderRefused
from app.payments.provider import Sandbox, from_settings
from app.payments.provider.books import MAX_DELIVERIES
from app.payments.provider.sandbox import Chaos, deliver_once, run_sender
from tests.ports import free_port


@pytest.fixture
def door(tmp_path):
    return Sandbox(tmp_path, b"k" * 32)


def paid(door, key="p1", amount=500):
    intent = door.create_intent(key, amount, "CNY", {"payment_code": key, "attempt": "1"}, "http://127.0.0.1/back")
    door.books.decide(intent.id, paid=True)
    return intent


def test_the_same_key_gives_the_same_answer_and_other_values_are_refused(door):
    first = door.create_intent("k", 500, "CNY", {"a": "1"}, "http://127.0.0.1/back")
    assert door.create_intent("k", 500, "CNY", {"a": "1"}, "http://127.0.0.1/back") == first
    with pytest.raises(ProviderRefused, match="other_values"):
        door.create_intent("k", 501, "CNY", {"a": "1"}, "http://127.0.0.1/back")
    with pytest.raises(ProviderRefused, match="other_values"):
        door.refund("k", first.id, 500, {})


def test_the_same_refund_and_payout_move_the_money_once(door):
    intent = paid(door)
    assert door.refund("r", intent.id, 200, {}) == door.refund("r", intent.id, 200, {})
    assert door.payout("o", "user:x", 300, "CNY", {}) == door.payout("o", "user:x", 300, "CNY", {})
    assert [(one.kind, one.amount_fen) for one in door.list_movements()] == [("capture", 500), ("refund", 200), ("payout", 300)]


def test_more_than_was_paid_is_neither_refunded_nor_paid_out(door):
    intent = paid(door)
    door.refund("r1", intent.id, 400, {})
    with pytest.raises(ProviderRefused, match="more_than_paid"):
        door.refund("r2", intent.id, 101, {})
    with pytest.raises(ProviderRefused, match="balance_too_low"):
        door.payout("o1", "user:x", 101, "CNY", {})


def test_an_unpaid_try_is_not_refunded(door):
    intent = door.create_intent("k", 500, "CNY", {}, "http://127.0.0.1/back")
    with pytest.raises(ProviderRefused, match="not_paid"):
        door.refund("r", intent.id, 1, {})
    with pytest.raises(ProviderRefused, match="no_such_intent"):
        door.refund("r", "in_nothing", 1, {})
    with pytest.raises(ProviderRefused, match="no_such_intent"):
        door.retrieve_intent("in_nothing")


def test_the_payer_decides_once(door):
    intent = paid(door)
    assert door.books.decide(intent.id, paid=False) == "succeeded"
    assert door.retrieve_intent(intent.id).status == "succeeded"
    assert len(door.books.all_event_bodies()) == 1


def test_a_try_is_found_by_what_was_given_with_it(door):
    intent = paid(door, "p7")
    assert [one.id for one in door.find_by_metadata("payment_code", "p7")] == [intent.id]
    assert door.find_by_metadata("payment_code", "p8") == []


def test_the_books_survive_and_are_shared_by_processes(door, tmp_path):
    intent = paid(door)
    assert Sandbox(tmp_path, b"k" * 32).retrieve_intent(intent.id).status == "succeeded"


def test_many_may_open_new_books_at_once(tmp_path):
    start, opened = threading.Barrier(12), []

    def open_books():
        start.wait()
        opened.append(Sandbox(tmp_path, b"k" * 32).find_by_metadata("payment_code", "x"))

    threads = [threading.Thread(target=open_books) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [[]] * 12


def test_many_threads_with_one_key_make_one_payout(door):
    paid(door, amount=100_000)
    start, ids = threading.Barrier(8), []

    def ask():
        start.wait()
        ids.append(door.payout("once", "user:x", 100, "CNY", {}).id)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert [one.amount_fen for one in door.list_movements() if one.kind == "payout"] == [100]


def test_an_event_that_is_not_accepted_waits_longer_each_time_and_is_given_up_in_the_end(door):
    paid(door)
    now, posted = time.time(), []
    for _ in range(MAX_DELIVERIES + 5):
        deliver_once(door.books, door.secret, lambda raw, header: posted.append(raw) or 500, now=now)
        now += 301
    assert len(posted) == MAX_DELIVERIES
    assert door.books.unsent_count() == 0
    assert len(set(posted)) == 1


def test_after_a_failure_the_event_is_not_sent_again_at_once(door):
    paid(door)
    now = time.time() + 1
    assert deliver_once(door.books, door.secret, lambda raw, header: 503, now=now) == 0
    assert deliver_once(door.books, door.secret, lambda raw, header: 200, now=now + 0.5) == 0
    assert deliver_once(door.books, door.secret, lambda raw, header: 200, now=now + 1.1) == 1
    assert deliver_once(door.books, door.secret, lambda raw, header: 200, now=now + 999) == 0


def test_chaos_can_duplicate_delay_drop_and_lose_answers(door):
    paid(door)
    now, posted = time.time() + 1, []

    def post(raw, header):
        posted.append(raw)
        return 200

    assert deliver_once(door.books, door.secret, post, chaos=Chaos(delay=100), now=now) == 0
    assert posted == []
    assert deliver_once(door.books, door.secret, post, chaos=Chaos(fail=100), now=now) == 0
    assert posted == []
    assert deliver_once(door.books, door.secret, post, chaos=Chaos(lose_answer=100, duplicate=100), now=now + 10) == 0
    assert len(posted) == 2
    assert deliver_once(door.books, door.secret, post, chaos=Chaos(drop=100), now=now + 100) == 0
    assert len(posted) == 2
    assert door.books.unsent_count() == 0  # the provider believes that it arrived


def test_the_sender_posts_signed_events_over_loopback_until_they_are_accepted(settings):
    received, answers = [], [500, 200]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((raw, self.headers["Sandbox-Signature"].encode()))
            self.send_response(answers[min(len(received), 2) - 1])
            self.end_headers()

        def log_message(self, *args):
            return

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    port = server.server_port
    chosen = settings.model_copy(update={"webhook_url": f"http://127.0.0.1:{port}/hook"})
    door = from_settings(chosen)
    paid(door)
    stop = threading.Event()
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=run_sender, args=(chosen, stop))]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 120
    while door.books.unsent_count() and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()
    assert len(received) == 2
    from datetime import UTC, datetime

    event = door.verify_webhook(*received[1], datetime.now(UTC))
    assert (event.type, event.amount_fen) == ("intent.succeeded", 500)


def test_a_receiver_that_is_not_there_does_not_end_the_sender(settings):
    port = free_port()
    chosen = settings.model_copy(update={"webhook_url": f"http://127.0.0.1:{port}/hook"})
    door = from_settings(chosen)
    paid(door)
    stop = threading.Event()
    thread = threading.Thread(target=run_sender, args=(chosen, stop))
    thread.start()
    time.sleep(1.0)
    assert thread.is_alive()
    stop.set()
    thread.join()
    assert door.books.unsent_count() == 1
