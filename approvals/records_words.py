"""What a finding on a record says, in words with its dates."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from approvals.records import Finding, Rule, Thresholds

LABELS = {
    Rule.LATE: gettext_lazy("Recorded late"),
    Rule.BATCH: gettext_lazy("Recorded in a batch"),
    Rule.IMPOSSIBLE: gettext_lazy("Cannot have been so"),
    Rule.REST: gettext_lazy("Rest day or night"),
    Rule.IDENTICAL: gettext_lazy("Stands twice"),
}


def day(value: dt.date) -> str:
    """Return a date as every list writes it."""
    return f"{value:%Y-%m-%d}"


def minute(value: dt.datetime) -> str:
    """Return an instant to the minute."""
    return f"{value:%Y-%m-%d %H:%M}"


def rules(limits: Thresholds) -> list[tuple[str, str, str]]:
    """Return (code, name, when it is met) of every rule, with the thresholds in force."""
    words = {
        Rule.LATE: _("recorded more than %(days)s working days after the day on which it happened")
        % {"days": limits.late_days},
        Rule.BATCH: _(
            "one person made %(batch)s records or more, or recorded %(stages)s stages or more of one project, "
            "within %(seconds)s seconds"
        )
        % {"batch": limits.batch, "stages": limits.batch_stages, "seconds": limits.batch_seconds},
        Rule.IMPOSSIBLE: _(
            "recorded before it happened; before the project's chain began; accepted before it was handed in or before "
            "a prerequisite was passed; decided without acceptance; or accepted and decided in the same minute though "
            "more than %(days)s working days are promised"
        )
        % {"days": limits.zero_days},
        Rule.REST: _(
            "an office acted on a rest day of the calendar, or between %(late)s and %(early)s o'clock; what applicants "
            "hand in does not count"
        )
        % {"late": limits.night_from, "early": limits.night_until},
        Rule.IDENTICAL: _(
            "the same act at the same instant with the same document number stands twice on a stage, or on the same "
            "stage of two projects"
        ),
    }
    return [(rule.value, LABELS[rule], words[rule]) for rule in Rule]


def sentence(finding: Finding, names: dict[int, str] | None = None) -> str:
    """Return a finding in words. `names`: projects by the id of a stage, for what stands on another project too."""
    return _SENTENCES[finding.why](finding.facts, names or {})


def _late(facts, names) -> str:
    return ngettext(
        "happened on %(on)s, recorded on %(recorded)s: %(days)s working day later",
        "happened on %(on)s, recorded on %(recorded)s: %(days)s working days later",
        facts["days"],
    ) % {"on": day(facts["on"]), "recorded": day(facts["recorded_on"]), "days": facts["days"]}


def _prerequisite(facts, names) -> str:
    if facts["passed_on"] is None:
        return _("accepted on %(on)s, but the prerequisite %(code)s has not been passed to this day") % {
            "on": day(facts["on"]),
            "code": facts["code"],
        }
    return _("accepted on %(on)s, but the prerequisite %(code)s was only passed on %(passed)s") % {
        "on": day(facts["on"]),
        "code": facts["code"],
        "passed": day(facts["passed_on"]),
    }


def _rest(facts, names) -> str:
    if facts["name"]:
        return _("happened on %(on)s, a rest day: %(name)s") % {"on": day(facts["on"]), "name": facts["name"]}
    return _("happened on %(on)s, a rest day") % {"on": day(facts["on"])}


def _copy(facts, names) -> str:
    return _("%(at)s with document number %(number)s also stands on the same stage of “%(project)s”") % {
        "at": minute(facts["at"]),
        "number": facts["number"],
        "project": names.get(facts["stage"], "—"),
    }


_SENTENCES = {
    "late": _late,
    "person": lambda facts, names: (
        _("one of %(number)s records that one person made within a minute from %(since)s")
        % {"number": facts["number"], "since": minute(facts["since"])}
    ),
    "chain": lambda facts, names: (
        _("%(number)s stages of this project were recorded within a minute from %(since)s")
        % {"number": facts["number"], "since": minute(facts["since"])}
    ),
    "future": lambda facts, names: (
        _("said to have happened on %(on)s, but recorded on %(recorded)s already")
        % {"on": day(facts["on"]), "recorded": day(facts["recorded_on"])}
    ),
    "before_chain": lambda facts, names: (
        _("happened on %(on)s, but the chain began on %(began)s")
        % {"on": day(facts["on"]), "began": day(facts["began_on"])}
    ),
    "before_receipt": lambda facts, names: (
        _("accepted on %(on)s, but handed in on %(received)s")
        % {"on": day(facts["on"]), "received": day(facts["received_on"])}
    ),
    "prerequisite": _prerequisite,
    "unaccepted": lambda facts, names: (
        _("recorded for %(on)s without an acceptance before it") % {"on": day(facts["on"])}
    ),
    "zero": lambda facts, names: (
        _("accepted and decided at %(at)s, in the same minute; %(days)s working days promised")
        % {"at": minute(facts["at"]), "days": f"{facts['days']:g}"}
    ),
    "rest": _rest,
    "night": lambda facts, names: _("happened at %(at)s, at night") % {"at": minute(facts["at"])},
    "twin": lambda facts, names: _("the same act at %(at)s stands on this stage twice") % {"at": minute(facts["at"])},
    "copy": _copy,
}
"""By `Finding.why`."""
