"""The arithmetic of the reports (domain.md §1.7): n/N kept, two decimals, half up."""

from decimal import Decimal

import pytest

from supervision.rates import Rate, percent


@pytest.mark.parametrize(
    ("n", "whole", "shown"),
    [
        (359, 428, "83.88"),
        (233190, 235367, "99.08"),
        (320, 417, "76.74"),
        (16493, 16494, "99.99"),
        (13, 19, "68.42"),
        (Decimal("2.75"), Decimal("17.03"), "16.15"),
        (Decimal("37.49"), Decimal("37.89"), "98.94"),
        (Decimal("301.2"), Decimal("301.5"), "99.90"),
        (1, 8, "12.50"),
        (1, 200000, "0.00"),
        (1, 20000, "0.01"),
    ],
)
def test_rates_are_rounded_half_up(n, whole, shown):
    assert str(percent(n, whole)) == shown


def test_a_rate_shows_what_it_is_made_of():
    assert str(Rate(359, 428)) == "359/428 83.88%"
    assert str(Rate(0, 0)) == "0/0"
