from app.kernel.work import SYSTEM


def test_begin_and_look_agree_on_the_time(hub):
    with hub.begin(SYSTEM) as work:
        first = work.now
    with hub.look() as work:
        assert work.now >= first
