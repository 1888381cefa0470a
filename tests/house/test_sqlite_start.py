"""The version of SQLite and its faults are named; a busy database is a kind page that keeps what was typed."""

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from config import checks
from config.sqlite.base import WriterBusy
from config.sqlite.versions import known_faults
from config.views import server_error


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2)])
def test_versions_with_the_fault_of_the_log(version):
    assert ["WAL-reset" in fault for fault in known_faults(version)] == [True]


@pytest.mark.parametrize("version", [(3, 6, 23), (3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 0)])
def test_versions_without_known_faults(version):
    assert known_faults(version) == []


def test_the_version_that_was_withdrawn():
    assert known_faults((3, 52, 0)) == ["3.52.0 was withdrawn by its makers"]


class Linked:
    """What the check asks a connection."""

    vendor = "sqlite"

    def __init__(self, version, memory=False):
        self.get_database_version, self.is_in_memory_db = lambda: version, lambda: memory


def test_the_check_warns_and_says_what_to_do(monkeypatch, caplog):
    monkeypatch.setattr(checks, "connection", Linked((3, 40, 1)))
    (warning,) = checks.database_version()
    assert warning.id == "luodi.W001" and not warning.is_serious(40)
    assert "SQLite 3.40.1" in warning.msg and "3.51.3" in warning.hint
    checks.log_warnings()
    assert "SQLite 3.40.1" in caplog.text
    with override_settings(SILENCED_SYSTEM_CHECKS=["luodi.W001"]):
        caplog.clear()
        checks.log_warnings()
        assert not caplog.text


@pytest.mark.parametrize("linked", [Linked((3, 51, 3)), Linked((3, 40, 1), memory=True)])
def test_the_check_is_silent_without_fault_and_without_a_log(monkeypatch, linked):
    monkeypatch.setattr(checks, "connection", linked)
    assert checks.database_version() == []


# --- The page --------------------------------------------------------------------------------------------------------


def busy(request):
    """A view whose turn to write does not come."""
    try:
        raise WriterBusy
    except WriterBusy as error:
        if "wrapped" in request.GET:
            raise RuntimeError from error
        raise


def broken(request) -> HttpResponse:
    """A view with a fault."""
    raise RuntimeError


urlpatterns = [path("busy/", busy), path("broken/", broken)]
handler500 = server_error


@pytest.fixture
def visitor(settings) -> Client:
    """A visitor whose browser sees the error pages; no database is needed for them."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["config.middleware.ChosenLanguageMiddleware"]
    return Client(raise_request_exception=False)


def test_what_was_filled_in_is_sent_again_by_a_button(visitor):
    sent = {"name": "云川<b>", "tags": ["a", "b"], "csrfmiddlewaretoken": "T0ken", "_save": "1"}
    response = visitor.post("/busy/?next=/x", sent)
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "30", "no-store")
    assert "系统繁忙，请稍后再试" in page and "所填内容未丢失" in page
    assert 'action="/busy/?next=/x"' in page
    assert 'name="name" value="云川&lt;b&gt;"' in page
    assert page.count('name="tags"') == 2
    assert 'value="T0ken"' in page
    assert "locked" not in page


def test_passwords_and_files_are_not_repeated(visitor):
    from django.core.files.uploadedfile import SimpleUploadedFile

    for sent in ({"password": "geheim-1"}, {"file": SimpleUploadedFile("a.csv", b"geheim-1"), "note": "geheim-1"}):
        page = visitor.post("/busy/", sent).content.decode()
        assert "请返回上一页" in page
        assert "geheim-1" not in page and "<form" not in page


def test_a_page_that_only_shows_offers_to_try_again_in_the_users_language(visitor):
    assert 'href="/busy/?page=2"' in visitor.get("/busy/?page=2").content.decode()
    visitor.cookies["luodi_language"] = "en"
    assert "please try again in a moment" in visitor.get("/busy/?wrapped=1").content.decode()


def test_other_errors_stay_what_they_are(visitor):
    response = visitor.get("/broken/")
    assert response.status_code == 500
    assert "系统繁忙" not in response.content.decode()
