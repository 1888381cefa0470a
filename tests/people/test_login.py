"""Log-in, lock-out, idle and old sessions, first passwords, the session list."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people import actions, sessions
from people.models import AuditEntry, User, UserSession

pytestmark = pytest.mark.django_db
GOOD, OTHER = "Yunchuan-2026", "Hedong-2027-x"


@pytest.fixture
def li(db):
    return actions.ensure_user("li", display_name="李", role="pm", password=GOOD)


def log_in(client, username="li", password=GOOD, **more):
    return client.post(reverse("login"), {"username": username, "password": password, **more})


def kinds():
    return list(AuditEntry.objects.order_by("sequence").values_list("kind", flat=True))


def age(client, *, seen=0.0, started=0.0):
    """Make the client's session older, in minutes."""
    session = client.session
    session[sessions.SEEN] -= seen * 60
    session[sessions.STARTED] -= started * 60
    session.save()


def test_log_in_and_out_are_audited_and_open_and_close_a_session(client, li):
    assert log_in(client, next=reverse("account")).url == reverse("account")
    assert client.get(reverse("account")).status_code == 200
    assert UserSession.objects.get().ended_at is None
    assert client.get(reverse("logout")).status_code == 405
    client.post(reverse("logout"))
    assert UserSession.objects.get().ended_at is not None
    assert kinds() == ["user.created", "login", "logout"]


def test_a_foreign_next_is_not_followed(client, li):
    assert "evil" not in log_in(client, next="https://evil.example/").url


def test_unknown_account_wrong_password_and_disabled_account_get_the_same_words(client, li):
    actions.ensure_user("off", display_name="停", role="pm", password=GOOD, is_active=False)
    tries = [("li", "wrong"), ("nobody", "wrong"), ("off", GOOD)]
    pages = [log_in(client, *pair) for pair in tries]
    assert len({tuple(page.context["form"].non_field_errors()) for page in pages}) == 1
    failed = AuditEntry.objects.filter(kind="login.failed").order_by("sequence")
    assert [entry.by_name for entry in failed] == ["li", "nobody", "off"]
    assert "wrong" not in str([entry.detail for entry in failed])


@pytest.mark.parametrize("username", ["li", "nobody"])
def test_five_failures_lock_the_account_even_from_elsewhere(client, li, username):
    for _number in range(4):
        assert log_in(client, username, "wrong").status_code == 200
    fifth = log_in(client, username, "wrong")
    assert fifth.status_code == 429 and "15" in fifth.content.decode()
    right = Client(REMOTE_ADDR="10.9.8.7").post(reverse("login"), {"username": username, "password": GOOD})
    assert right.status_code == 429
    assert "login.locked" in kinds()


def test_the_lock_opens_after_a_quarter_of_an_hour(client, li):
    from axes.models import AccessAttempt

    for _number in range(5):
        log_in(client, "li", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert log_in(client).status_code == 302


def test_an_idle_session_ends_and_leads_back_to_the_page(client, li):
    log_in(client)
    age(client, seen=29)
    assert client.get(reverse("account")).status_code == 200
    age(client, seen=31)
    answer = client.get(reverse("account") + "?a=1")
    assert answer.url == f"{reverse('login')}?next=%2Faccount%2F%3Fa%3D1"
    assert client.get(reverse("account")).status_code == 302
    assert kinds()[-1] == "session.expired"


def test_a_post_of_an_idle_session_leads_back_to_its_form_and_writes_nothing(client, li):
    log_in(client)
    age(client, seen=31)
    form = "http://testserver" + reverse("feedback")
    answer = client.post(reverse("feedback"), {"kind": "wish", "text": "x"}, headers={"referer": form})
    assert answer.url == f"{reverse('login')}?next=%2Ffeedback%2F"
    assert not li.feedback.exists()


def test_a_fragment_of_an_idle_session_is_told_to_go_to_the_login_page(client, li):
    log_in(client)
    age(client, seen=31)
    page = "http://testserver" + reverse("account")
    answer = client.get(reverse("sessions"), headers={"hx-request": "true", "hx-current-url": page})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == f"{reverse('login')}?next=%2Faccount%2F"


def test_a_session_lives_twelve_hours_at_most(client, li):
    log_in(client)
    age(client, started=12 * 60 + 1)
    assert client.get(reverse("account")).status_code == 302


def test_requests_in_the_background_do_not_keep_a_session_alive(client, li):
    log_in(client)
    age(client, seen=20)
    before = client.session[sessions.SEEN]
    client.get(reverse("account"), headers={"x-luodi-background": "1"})
    assert client.session[sessions.SEEN] == before
    client.get(reverse("account"))
    assert client.session[sessions.SEEN] > before


def test_a_first_password_must_be_changed_before_anything_else(client, li):
    actions.reset_password(li, OTHER, by=None)
    log_in(client, password=OTHER)
    assert client.get(reverse("account")).url == reverse("password-change")
    new = {"old_password": OTHER, "new_password1": "Nanling#2028", "new_password2": "Nanling#2028"}
    assert client.post(reverse("password-change"), new).status_code == 302
    assert client.get(reverse("account")).status_code == 200
    assert kinds()[-1] == "password.changed"


@pytest.mark.parametrize(
    "password", ["Short-1a", "alllowercaseletters", "lowercase12345", "1234567890123", GOOD, "Password123"]
)
def test_weak_and_recent_passwords_are_refused(client, li, password):
    log_in(client)
    new = {"old_password": GOOD, "new_password1": password, "new_password2": password}
    answer = client.post(reverse("password-change"), new)
    assert answer.status_code == 422
    li.refresh_from_db()
    assert li.check_password(GOOD)


def test_the_last_three_passwords_do_not_come_back_but_the_fourth_may(client, li):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    used = [GOOD, "Hedong-2027-x", "Hexi-2028-yz", "Nanling-2029-q"]
    for password in used[1:]:
        actions.reset_password(li, password, by=None)
    for password in used[1:]:
        with pytest.raises(ValidationError):
            validate_password(password, li)
    validate_password(used[0], li)
    assert li.passwords_used.count() == 3


def test_changing_the_password_ends_the_other_sessions_only(li):
    here, there = Client(), Client()
    log_in(here), log_in(there)
    new = {"old_password": GOOD, "new_password1": OTHER, "new_password2": OTHER}
    here.post(reverse("password-change"), new)
    assert here.get(reverse("account")).status_code == 200
    assert there.get(reverse("account")).status_code == 302


def test_a_person_sees_and_ends_his_own_sessions_only(li):
    wang = actions.ensure_user("wang", display_name="王", role="pm", password=GOOD)
    here, there, foreign = Client(), Client(), Client()
    log_in(here), log_in(there), log_in(foreign, "wang")
    rows = here.get(reverse("sessions")).context["rows"]
    assert {row.user for row in rows} == {li} and len(rows) == 2
    theirs = UserSession.objects.get(user=wang)
    assert here.post(reverse("session-end", args=[theirs.pk])).status_code == 404
    own = UserSession.objects.get(session_key=there.session.session_key)
    here.post(reverse("session-end", args=[own.pk]))
    assert there.get(reverse("account")).status_code == 302
    assert foreign.get(reverse("account")).status_code == 200


def test_the_security_administrator_ends_anybodys_session(li, clients):
    there = Client()
    log_in(there)
    row = UserSession.objects.get(user=li)
    page = clients["secadmin"].get(reverse("sessions") + "?of=all")
    assert row in page.context["rows"]
    clients["secadmin"].post(reverse("session-end", args=[row.pk]))
    assert there.get(reverse("account")).status_code == 302
    assert AuditEntry.objects.filter(kind="session.ended", by__username="secadmin").exists()


def test_disabling_a_person_ends_his_sessions_at_once(li, clients):
    there = Client()
    log_in(there)
    clients["sysadmin"].post(reverse("user-active", args=["li"]), {"active": "0"})
    assert there.get(reverse("account")).status_code == 302
    assert not UserSession.objects.filter(user=li, ended_at=None).exists()


def test_a_role_taken_away_holds_from_the_next_request(clients):
    clients["auditor"].get(reverse("audit-log"))
    User.objects.filter(username="auditor").update(role="")
    assert clients["auditor"].get(reverse("audit-log")).status_code == 403


def test_demo_accounts_are_shown_in_demo_mode_only(client, settings):
    actions.ensure_user("pm", display_name="经理", role="pm", password="luodi-demo", is_demo=True)
    settings.DEMO = True
    assert [user.username for user in client.get(reverse("login")).context["demo_accounts"]] == ["pm"]
    settings.DEMO = False
    assert client.get(reverse("login")).context["demo_accounts"] == []


def test_a_refusal_is_audited(clients):
    assert clients["pm"].get(reverse("audit-log")).status_code == 403
    entry = AuditEntry.objects.get(kind="access.denied")
    assert (entry.by_name, entry.target_text) == ("pm", reverse("audit-log"))
