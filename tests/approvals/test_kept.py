"""What is kept of the leaders' page: fresh in a small city, as old as it says in a large one, drawn by one."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from approvals import kept
from people import audit
from people.models import User
from projects.models import Project

START = datetime(2026, 11, 20, 9, 0, tzinfo=timezone.get_fixed_timezone(480))


class Drawer:
    """Draws 1, 2, 3 …; each drawing takes `seconds` of a clock of its own."""

    def __init__(self, monkeypatch, seconds=1.0):
        self.clock, self.seconds, self.drawn, self.whole = 0.0, seconds, 0, True
        monkeypatch.setattr(kept, "perf_counter", lambda: self.clock)

    def make(self):
        self.clock += self.seconds
        self.drawn += 1
        return self.drawn, self.whole

    def read(self, version, after, large=True):
        """Return (what is shown, how old it is in seconds)."""
        now = START + timedelta(seconds=after)
        value, at = kept.read("page", version, now, self.make, large=large)
        return value, (now - at).total_seconds()


def test_a_small_city_reads_the_facts_of_the_moment(monkeypatch):
    drawer = Drawer(monkeypatch)
    assert [drawer.read(v, n, large=False) for n, v in enumerate("aab")] == [(1, 0), (1, 0), (2, 0)]


def test_a_large_city_reads_on_for_ten_times_what_drawing_took(monkeypatch):
    drawer = Drawer(monkeypatch, seconds=2.0)
    assert drawer.read("a", 0) == (1, 0)
    assert drawer.read("a", 30) == (1, 0)  # nothing has changed: it is as good as new
    assert drawer.read("b", 45) == (1, 15)
    assert drawer.read("c", 50) == (1, 20)
    assert drawer.read("c", 51) == (2, 0)


def test_nothing_is_older_than_a_minute(monkeypatch):
    drawer = Drawer(monkeypatch, seconds=100.0)
    drawer.read("a", 0)
    assert drawer.read("b", 60) == (1, 60)
    assert drawer.read("b", 61) == (2, 0)
    cache.add("page:turn", True)  # even where somebody has been drawing all the while
    assert drawer.read("c", 200) == (3, 0)


def test_one_draws_and_the_others_read_what_is_kept(monkeypatch):
    drawer = Drawer(monkeypatch, seconds=0.1)
    drawer.read("a", 0)
    seen, make = [], drawer.make

    def make_while_others_read():
        drawer.make = make
        seen.append(drawer.read("b", 5))
        return make()

    drawer.make = make_while_others_read
    assert drawer.read("b", 5) == (2, 0)
    assert seen == [(1, 5)]
    assert drawer.read("b", 6) == (2, 0) and cache.get("page:turn") is None


def test_what_failed_is_not_kept_and_gives_the_turn_back(monkeypatch):
    drawer = Drawer(monkeypatch, seconds=0.1)
    drawer.whole = False
    assert drawer.read("a", 0) == (1, 0) and drawer.read("a", 1) == (2, 0)
    drawer.whole = True
    drawer.read("a", 2)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        kept.read("page", "b", START + timedelta(seconds=9), fail, large=True)
    assert cache.get("page:turn") is None


def test_a_process_hands_out_the_value_itself_as_long_as_the_cache_names_it(monkeypatch):
    drawn = [["first"], ["second"]]
    read = partial(kept.read, "page", "a", START, large=False)
    first, _at = read(make=lambda: (drawn[0], True))
    assert first is drawn[0] and read(make=lambda: (drawn[1], True))[0] is first
    monkeypatch.setattr(kept, "_here", {})  # another process
    copy, _at = read(make=lambda: (drawn[1], True))
    assert copy == first and copy is not first
    there, here = {}, kept._here
    monkeypatch.setattr(kept, "_here", there)
    kept.put("page", "a", drawn[1], START, 0.1)  # drawn elsewhere meanwhile
    monkeypatch.setattr(kept, "_here", here)
    assert read(make=lambda: (drawn[0], True))[0] == drawn[1]
    cache.delete("page:value")  # the cache had no room for it
    monkeypatch.setattr(kept, "_here", {})
    assert read(make=lambda: (["third"], True))[0] == ["third"]


def test_a_process_holds_few_values(monkeypatch):
    monkeypatch.setattr(kept, "_here", {})
    for number in range(kept.HERE_AT_MOST + 5):
        kept.put(f"page{number}", "a", number, START, 0.1)
    assert len(kept._here) == kept.HERE_AT_MOST and "page0" not in kept._here


@pytest.mark.django_db(transaction=True)
def test_the_page_says_as_of_when_it_is(demo_city, clients, monkeypatch):
    monkeypatch.setattr(kept, "LARGE", 1)
    monkeypatch.setattr(kept, "TIMES", 10**6)
    client, url = clients["leader"], reverse("cockpit")
    first = client.get(url)
    project = Project.objects.filter(light="red").order_by("-investment_wan").first()
    audit.record("project.edit", by=User.objects.get(username="pm"), target=project)
    again = client.get(url)
    assert again.context["at"] == first.context["at"] < again.context["now"]
    assert f"{first.context['at']:%H:%M:%S}" in again.content.decode()
    monkeypatch.setattr(kept, "TIMES", 0)
    assert client.get(url).context["at"] > first.context["at"]


@pytest.mark.django_db(transaction=True)
def test_counts_of_who_has_no_tallies_say_as_of_when_they_are(demo_city, clients, monkeypatch):
    monkeypatch.setattr(kept, "LARGE", 1)
    monkeypatch.setattr(kept, "TIMES", 10**6)
    client, url = clients["approver"], reverse("project-list")
    first, again = client.get(url), client.get(url)
    assert again.context["total"] == first.context["total"] > 0
    assert first.context["counted_at"] == first.context["now"] == again.context["counted_at"] < again.context["now"]
    other = client.get(url, {"due": "week"})
    assert other.context["counted_at"] == other.context["now"] and other.context["total"] < first.context["total"]
    monkeypatch.setattr(kept, "TIMES", 0)
    client.get(url)
    same = client.get(url, {"light": "red"})  # the tiles count every light, and nothing has changed
    assert same.context["counted_at"] == same.context["now"] and same.context["total"] == first.context["total"]
    monkeypatch.setattr(kept, "TIMES", 10**6)
    audit.record("project.edit", by=User.objects.get(username="pm"), target=Project.objects.first())
    changed = client.get(url)
    assert changed.context["counted_at"] == same.context["now"] < changed.context["now"]
    leader = clients["leader"].get(url)
    assert leader.context["counted_at"] == leader.context["now"]
