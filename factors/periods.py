"""Periods of months and years by the calendar. Pure.

《民法典》 art. 201-203: the first day is not counted, and the period ends with the day of the same number in its last
month, or with the last day of that month where it has no such day.
"""

from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The last day of a period of `months` (may be negative) that began on `day`: 2024-02-29 + 12 is 2025-02-28."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def full_after(day: date, years: int) -> date:
    """The first day on which `years` full years have passed since `day`: the day after the period's last."""
    return add_months(day, 12 * years) + timedelta(days=1)
