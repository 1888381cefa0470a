"""A measure that a reader makes up himself, as text in an address: `TEMPLATE:STAGE:HOW:VALUE`. Pure but for its words.

`drop` (no value), `limit` (working days), `at_once` (no value), `beside` (a prerequisite). What the template's own data
contradicts is refused with the reason; nothing is stored, and the measure says of itself that nobody has examined it.
"""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.chain_spec import StageSpec, TemplateSpec
from approvals.reform import Effect, Kind
from approvals.reform_data import Reform
from approvals.track import Unit

HOW = {
    "limit": gettext_lazy("limit at most so many days"),
    "beside": gettext_lazy("beside its prerequisite"),
    "at_once": gettext_lazy("decided at once on a commitment"),
    "drop": gettext_lazy("dropped"),
}
KINDS = {"limit": Kind.SHORTEN, "beside": Kind.PARALLEL, "at_once": Kind.COMMITMENT, "drop": Kind.DROP}
OWN = "own"
"""The basis of such a measure."""
AT_ONCE = Decimal(1)
"""Working days of a stage that is decided on the spot."""


class OwnRefused(ValueError):
    """The measure is not possible; the text of the error says why, for the reader."""


def code_of(template: str, stage: str, how: str, value: str = "") -> str:
    """Return the text of a measure, which is also the code of its reform."""
    return ":".join((template, stage, how, value.strip()))


def make(code: str, spec: TemplateSpec) -> Reform:
    """Return the measure as a reform on its template. Raises OwnRefused."""
    template, stage_code, how, value = [*code.split(":"), "", "", "", ""][:4]
    stage = spec.stage(stage_code)
    if template != spec.code or stage is None or how not in HOW:
        raise OwnRefused(_("Choose a stage and what shall be done with it."))
    effect = _EFFECTS[how](stage, value, spec)
    name = f"{stage.short_name or stage.name}{_(': ')}{_told(how, value, spec)}"
    return Reform(
        code, KINDS[how], name, _("a measure of your own"), _("nobody has examined it"), OWN, {template: effect}
    )


def _told(how: str, value: str, spec: TemplateSpec) -> str:
    """Return what is done, in words."""
    if how == "limit":
        return _("limit at most %(days)s days") % {"days": value}
    if how == "beside":
        other = spec.stage(value)
        return _("beside %(stage)s") % {"stage": other.short_name or other.name}
    return str(HOW[how])


def _limit(stage: StageSpec, value: str, spec: TemplateSpec) -> Effect:
    try:
        days = Decimal(value)
    except InvalidOperation:
        raise OwnRefused(_("Give the limit in working days.")) from None
    if not (days.is_finite() and 0 <= days < 1000) or days * 2 % 1:
        raise OwnRefused(_("Give the limit in working days, halves at most."))
    return Effect(caps={stage.code: _shorter(stage, days)})


def _at_once(stage: StageSpec, value: str, spec: TemplateSpec) -> Effect:
    if stage.case_type != "committed":
        raise OwnRefused(_("Only a committed case can be decided on a commitment."))
    return Effect(caps={stage.code: _shorter(stage, AT_ONCE)}, at_once=True)


def _shorter(stage: StageSpec, days: Decimal) -> Decimal:
    """Return the days if they are fewer than the limit is now."""
    if stage.committed is None or stage.committed.unit != Unit.WORKING_DAY:
        raise OwnRefused(_("This stage has no limit in working days."))
    if days >= stage.committed.amount:
        raise OwnRefused(_("The limit is %(days)s days already.") % {"days": f"{stage.committed.amount:.1f}"})
    return days


def _beside(stage: StageSpec, value: str, spec: TemplateSpec) -> Effect:
    if value not in stage.prerequisites:
        names = ", ".join(stage.prerequisites) or "-"
        raise OwnRefused(_("Give the number of one of its prerequisites: %(codes)s.") % {"codes": names})
    if any(material.source_stage == value for material in stage.materials):
        raise OwnRefused(_("It needs the result of stage %(code)s among its papers.") % {"code": value})
    return Effect(parallel=((stage.code, value),))


def _drop(stage: StageSpec, value: str, spec: TemplateSpec) -> Effect:
    if stage.gates:
        raise OwnRefused(_("Quota is checked at this stage: it cannot be dropped."))
    if stage.lag_days:
        raise OwnRefused(_("Construction time stands before this stage: it cannot be dropped."))
    return Effect(drops=(stage.code,))


_EFFECTS = {"limit": _limit, "beside": _beside, "at_once": _at_once, "drop": _drop}
