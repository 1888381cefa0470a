"""One document, however its number is typed."""

import pytest

from factors.document_numbers import normal, spellings


@pytest.mark.parametrize(
    "typed",
    [
        "云发改能评〔2026〕907号",
        "云发改能评[2026]907号",
        "云发改能评【２０２６】907 号",
        "云发改能评（2026）９０７号",
        " 云发改能评(2026)907号",
    ],
)
def test_brackets_widths_and_spaces_make_no_other_document(typed):
    assert normal(typed) == normal("云发改能评〔2026〕907号")


def test_other_numbers_stay_others():
    assert (
        len(
            {
                normal(text)
                for text in ("云发改〔2026〕1号", "云发改〔2026〕11号", "云发改〔2025〕1号", "云水〔2026〕1号")
            }
        )
        == 4
    )


def test_a_part_is_searched_in_every_spelling():
    ways = spellings("改〔２０２６〕 7")
    assert {"改〔2026〕7", "改[2026]7", "改【２０２６】７", "改（2026）7"} <= ways and len(ways) <= 12
    assert spellings("7号") == {"7号", "７号"}
