"""Shared causes: a pure what-if, held to examples by hand and to a naive recomputation."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cockpit import causes
from cockpit.causes import Hold, Want, releases, trial

MONEY = {1: Decimal(368000), 2: Decimal(185000), 3: Decimal(126000), 4: None}


def of(found, cause):
    return next(release for release in found if release.cause == cause)


def test_only_what_this_cause_frees_alone_is_counted():
    found = releases(
        [
            Hold(1, "pool:4", 8600),
            Hold(2, "pool:4", 34000),
            Hold(2, "pool:17", 925000),  # methanol lacks energy and water: in no count
            Hold(3, "pool:4", 21400),
            Hold(3, "stage:zjj:施工图"),  # running stages go on
            Hold(4, "pool:17", 5),
        ],
        MONEY,
    )
    energy, water = of(found, "pool:4"), of(found, "pool:17")
    assert energy.released == (1, 3) and energy.wan == Decimal(494000) and energy.others == (2,)
    assert energy.overdue == 1 and energy.missing == 64000
    assert water.released == (4,) and water.wan == 0 and water.others == (2,)
    assert [release.cause for release in found] == ["pool:4", "pool:17", "stage:zjj:施工图"]


def test_a_stage_moves_only_what_no_factor_and_no_other_stage_holds():
    found = releases(
        [Hold(1, "stage:sthjj:环评"), Hold(2, "stage:sthjj:环评"), Hold(2, "pool:4", 1), Hold(3, "stage:sthjj:环评")]
        + [Hold(3, "stage:rfb:人防")],
        MONEY,
    )
    assert of(found, "stage:sthjj:环评").released == (1,) and of(found, "stage:sthjj:环评").others == (2, 3)
    assert of(found, "stage:rfb:人防").count == 0


def test_two_stages_of_one_cause_and_projects_that_are_not_stuck():
    found = releases([Hold(1, "stage:a:x"), Hold(1, "stage:a:x"), Hold(9, "stage:a:x")], MONEY)
    assert len(found) == 1 and found[0].released == (1,)


def test_a_trial_serves_what_fits_in_the_order_of_the_rule_and_reserves_nothing():
    wants = [Want(1, 8600, Decimal(9), 1), Want(2, 34000, Decimal(1), 0, alone=False), Want(3, 6300, Decimal(5), 2)]
    few = trial(1900, 5000, wants)
    assert [want.project for want in few.served] == [3] and few.left == 600 and few.missing == 42600
    assert [want.project for want in trial(0, 9000, wants, "largest").served] == [1]
    longest = trial(0, 40300, wants, "longest")
    assert [want.project for want in longest.served] == [2, 3] and [w.project for w in longest.released] == [3]
    assert trial(-5, 0, wants).served == ()


holds = st.lists(
    st.builds(Hold, st.integers(1, 6), st.sampled_from(["pool:1", "pool:2", "utility:3", "stage:a:x", "stage:b:y"])),
    max_size=25,
)


@given(holds)
def test_no_project_is_released_by_two_pools_and_each_count_is_right(given):
    money = {pk: Decimal(pk) for pk in range(1, 6)}
    found = releases(given, money)
    for release in found:
        naive = {
            pk
            for pk in money
            if any(h.project == pk and h.cause == release.cause for h in given)
            and not any(
                h.project == pk and h.cause != release.cause and h.kind in ("pool", release.cause.partition(":")[0])
                for h in given
            )
        }
        assert set(release.released) == naive and release.wan == sum(naive)
        assert not set(release.released) & set(release.others)
    factors = [pk for release in found if release.cause[:4] == "pool" for pk in release.released]
    assert len(factors) == len(set(factors))


@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.lists(st.integers(1, 30), max_size=8),
    st.sampled_from(sorted(causes.RULES)),
)
def test_a_trial_gives_nothing_twice(available, added, amounts, rule):
    wants = [Want(number, amount, Decimal(amount), number) for number, amount in enumerate(amounts)]
    made = trial(available, added, wants, rule)
    assert made.left + sum(want.amount for want in made.served) == available + added
    assert len(made.served) + len(made.waiting) == len(wants)
    assert all(want.amount > made.left for want in made.waiting)
