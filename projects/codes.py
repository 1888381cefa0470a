"""National codes: the unified social credit code and the investment project code. Pure functions, no database.

Sources: GB 32100-2015 (统一社会信用代码), GB/T 40058-2021 and 发改投资〔2020〕1439号 (投资项目代码).
"""

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength

PROJECT_CODE = re.compile(r"^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$")
"""YYMM-district-department-type-number. The check digit's algorithm is not published: only the shape is checked."""

EXTERNAL_CODE = re.compile(r"^X-[A-Z0-9]{2,12}-[A-Z0-9][A-Z0-9._-]{0,30}$")
"""A project that has no national code yet, named after the source it came from: X-SOURCE-NUMBER."""


def clean(text: str) -> str:
    """Return `text` with full-width letters, digits and marks folded to half width, without any white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or ""))


def clean_credit_code(text: str) -> str:
    """Return the 18-character credit code in capitals.

    :raises ValueError: with one of the words length, format, component, checksum that says what is wrong.
    """
    value = clean(text).upper().replace("-", "")
    try:
        return uscc.validate(value)
    except InvalidLength as error:
        raise ValueError("length") from error
    except InvalidChecksum as error:
        raise ValueError("checksum") from error
    except InvalidComponent as error:
        raise ValueError("component") from error
    except InvalidFormat as error:
        raise ValueError("format") from error


def clean_project_code(text: str) -> str:
    """Return a project code in its written form, national (4-6-2-2-6 digits) or external (X-SOURCE-NUMBER).

    Twenty digits without hyphens are accepted and hyphenated.

    :raises ValueError: "shape" when it is neither.
    """
    value = clean(text).upper()
    for dash in "‐‑‒–—―−":
        value = value.replace(dash, "-")
    if re.fullmatch(r"\d{20}", value):
        value = f"{value[:4]}-{value[4:10]}-{value[10:12]}-{value[12:14]}-{value[14:]}"
    if PROJECT_CODE.match(value) or EXTERNAL_CODE.match(value):
        return value
    raise ValueError("shape")
