"""A real card through a real job: the same snapshot gives the same bytes, and a dead job goes on from its snapshot."""

import io

import pytest
from pypdf import PdfReader

from dossiers import files, freezing, jobs, printing
from dossiers.models import Print
from tests.dossiers.office import NOW, WORKER, Office

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_the_same_snapshot_gives_the_same_bytes(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    office = Office("年产六万吨炭材料一体化项目")
    (row,) = office.prints(office.work(office.order()))
    data = files.path_of(row.file).read_bytes()
    words = "".join(PdfReader(io.BytesIO(data)).pages[0].extract_text().split())
    assert row.pages == 1 and row.rung and row.check_code in words and row.project.code in words

    again = printing.render(row, freezing.dossier_of(row))
    assert again.pdf == data, "rendered anew from what was frozen: equal bytes"

    # A worker froze a paper and died; meanwhile the project changed: the paper says what was frozen.
    job = office.order()
    held = jobs.claim(job.pk, "dead", NOW)
    frozen = printing._freeze(held, NOW)
    type(row.project).objects.update(name="改了名的项目")
    jobs.sign_in(WORKER, host="here", pid=1)
    jobs.recover(NOW)
    (finished,) = office.prints(office.work(job))
    assert finished.pk == frozen.pk and Print.objects.count() == 2
    words = "".join(PdfReader(files.path_of(finished.file)).pages[0].extract_text().split())
    assert "改了名" not in words and (finished.version, finished.copy) == (1, 2)
    page = office.client.get(f"/v/{finished.token}")
    assert [change.after.text for change in page.context["standing"].changes] == ["改了名的项目"]
    assert "年产六万吨炭材料一体化项目" in page.content.decode()
