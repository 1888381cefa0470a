"""Every write on chain templates: load a file, draft, edit, publish, retire. A published version never changes.

`by=None` means the command line of the machine itself; otherwise the actor's right is checked here, too.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import chain_format, chain_rules
from approvals.chain_spec import StageSpec, TemplateSpec, content_sha256
from approvals.models import ChainTemplate
from approvals.template_rows import spec_of, write_content, write_head
from people import audit
from people.access import require

SHIPPED = Path(__file__).parent / "chain_templates"
Status = ChainTemplate.Status


class TemplateRefused(Exception):
    """The template may not be changed so. `message` is a sentence, `problems` the broken rules behind it, if any."""

    def __init__(self, message: str, problems=()):
        super().__init__(message)
        self.message, self.problems = message, list(problems)


def shipped_files() -> list[Path]:
    """Return the YAML files that come with the product, the benchmark first."""
    return sorted(SHIPPED.glob("*.yaml"))


# --- loading files ----------------------------------------------------------------------------------------------------


@transaction.atomic
def load(
    spec: TemplateSpec, *, now: datetime, by=None, request=None, publish: bool = False
) -> tuple[ChainTemplate, str]:
    """Store a checked spec under its code and version; return the row and what happened.

    "created", "replaced" (a draft with other content), "unchanged" (same content), or "published" when `publish` turned
    a draft into a version. Loading the same file twice changes nothing. Raises TemplateRefused when the version is
    published with other content, or when another version of the code is a draft.
    """
    _may(by, "template.edit")
    template = _locked(code=spec.code, version=spec.version)
    if template is None:
        template, outcome = _create(spec, by), "created"
    elif template.content_sha256 == content_sha256(spec):
        outcome = "unchanged"
    elif template.status != Status.DRAFT:
        raise TemplateRefused(
            _("%(code)s version %(version)d is published and never changes; give the new content a new version number.")
            % {"code": spec.code, "version": spec.version}
        )
    else:
        _replace(template, spec)
        outcome = "replaced"
    if publish and template.status == Status.DRAFT:
        _publish(template, by=by, now=now, request=request)
        outcome = "published" if outcome == "unchanged" else outcome
    return template, outcome


def load_file(path: Path, *, now: datetime, by=None, publish: bool = False) -> tuple[ChainTemplate, str]:
    """Read and store one file. Raises OSError, chain_format.ChainFormatError, TemplateRefused."""
    with open(path, "rb") as file:
        text = file.read(chain_format.MAX_BYTES + 1)
    return load(chain_format.read(text, path.name), now=now, by=by, publish=publish)


def load_shipped(*, now: datetime, publish: bool = True) -> list[tuple[ChainTemplate, str]]:
    """Store the templates that come with the product; those already there stay as they are."""
    return [load_file(path, now=now, publish=publish) for path in shipped_files()]


def _create(spec: TemplateSpec, by) -> ChainTemplate:
    _refuse_second_draft(spec.code)
    template = ChainTemplate(made_by=by)
    write_head(template, spec)
    template.save()
    write_content(template, spec)
    return template


def _refuse_second_draft(code: str) -> None:
    draft = ChainTemplate.objects.filter(code=code, status=Status.DRAFT).first()
    if draft is not None:
        raise TemplateRefused(
            _("%(code)s already has a draft, version %(version)d. Publish or discard it first.")
            % {"code": code, "version": draft.version}
        )


def _replace(template: ChainTemplate, spec: TemplateSpec) -> None:
    write_head(template, spec)
    template.save()
    write_content(template, spec)


# --- the life of a version --------------------------------------------------------------------------------------------


@transaction.atomic
def new_draft(template: ChainTemplate, *, by) -> ChainTemplate:
    """Return a draft with the content of `template` and the next free version number of its code."""
    _may(by, "template.edit")
    _refuse_second_draft(template.code)
    newest = ChainTemplate.objects.filter(code=template.code).order_by("-version").first()
    return _create(replace(spec_of(template), version=newest.version + 1, note=""), by)


@transaction.atomic
def create_draft(*, code: str, name: str, by, **head) -> ChainTemplate:
    """Return a new, empty draft, version 1. Raises TemplateRefused when the code is taken."""
    _may(by, "template.edit")
    if ChainTemplate.objects.filter(code=code).exists():
        raise TemplateRefused(_("There is already a template with the code %(code)s.") % {"code": code})
    return _create(TemplateSpec(code=code, name=name, version=1, **head), by)


@transaction.atomic
def publish(template: ChainTemplate, *, by, now: datetime, request=None) -> ChainTemplate:
    """Publish a draft that keeps every rule. From now on it never changes and chains may be started on it.

    Raises TemplateRefused with the broken rules, or when it is no draft any more.
    """
    _may(by, "template.publish")
    template = _locked(pk=template.pk)
    if template is None or template.status != Status.DRAFT:
        raise TemplateRefused(_("Only a draft can be published."))
    _publish(template, by=by, now=now, request=request)
    return template


def _publish(template: ChainTemplate, *, by, now, request=None) -> None:
    _may(by, "template.publish")
    problems = chain_rules.check(spec_of(template))
    if problems:
        raise TemplateRefused(_("The template cannot be published yet."), problems)
    template.status, template.published_by, template.published_at = Status.PUBLISHED, by, now
    template.save(update_fields=["status", "published_by", "published_at"])
    audit.record("template.published", by=by, request=request, target=template, now=now, sha256=template.content_sha256)


@transaction.atomic
def retire(template: ChainTemplate, *, by, now: datetime, request=None) -> ChainTemplate:
    """Take a published version out of use: no new chain may start on it, running chains keep it."""
    _may(by, "template.publish")
    template = _locked(pk=template.pk)
    if template is None or template.status != Status.PUBLISHED:
        raise TemplateRefused(_("Only a published version can be retired."))
    template.status = Status.RETIRED
    template.save(update_fields=["status"])
    audit.record("template.retired", by=by, request=request, target=template, now=now)
    return template


@transaction.atomic
def discard(template: ChainTemplate, *, by) -> None:
    """Delete a draft. Raises TemplateRefused when it is no draft."""
    _may(by, "template.edit")
    template = _draft(template)
    template.stages.all().delete()
    template.phases.all().delete()
    template.delete()


# --- editing a draft --------------------------------------------------------------------------------------------------


@transaction.atomic
def edit(template: ChainTemplate, change: Callable[[TemplateSpec], TemplateSpec], *, by) -> ChainTemplate:
    """Replace a draft's content by `change(content)`. Raises TemplateRefused when it is no draft.

    Only what rows cannot hold is refused here (two stages of one code, unknown prerequisites, committed above
    statutory); `publish` checks the rest.
    """
    _may(by, "template.edit")
    template = _draft(template)
    spec = change(spec_of(template))
    codes = [stage.code for stage in spec.stages]
    if len(set(codes)) < len(codes):
        raise TemplateRefused(_("Two stages cannot have the same code."))
    _replace(template, spec)
    return template


def edit_head(template: ChainTemplate, *, by, phases=None, **head) -> ChainTemplate:
    """Change the head of a draft; `phases` replaces the phases, a phase that stages use must stay (TemplateRefused)."""

    def change(spec: TemplateSpec) -> TemplateSpec:
        kept = spec.phases if phases is None else tuple(phases)
        missing = {stage.phase for stage in spec.stages} - {phase.code for phase in kept}
        if missing:
            raise TemplateRefused(
                _("Phase %(codes)s still has stages; move them first.") % {"codes": ", ".join(sorted(missing))}
            )
        return replace(spec, phases=kept, **head)

    return edit(template, change, by=by)


def put_stage(template: ChainTemplate, stage: StageSpec, *, by, replaces: str = "") -> ChainTemplate:
    """Add a stage to a draft, or put it in the place of the stage coded `replaces`.

    A changed code is followed in the prerequisites and material sources of the other stages.
    """

    def change(spec: TemplateSpec) -> TemplateSpec:
        if not replaces:
            return replace(spec, stages=(*spec.stages, stage))
        if spec.stage(replaces) is None:
            raise TemplateRefused(_("Somebody else removed this stage."))
        return replace(
            spec,
            stages=tuple(
                stage if other.code == replaces else _renamed(other, replaces, stage.code) for other in spec.stages
            ),
        )

    return edit(template, change, by=by)


def _renamed(stage: StageSpec, old: str, new: str) -> StageSpec:
    return replace(
        stage,
        prerequisites=tuple(new if code == old else code for code in stage.prerequisites),
        materials=tuple(replace(m, source_stage=new) if m.source_stage == old else m for m in stage.materials),
    )


def remove_stage(template: ChainTemplate, code: str, *, by) -> ChainTemplate:
    """Take a stage out of a draft; what stood behind it now stands behind its prerequisites."""

    def change(spec: TemplateSpec) -> TemplateSpec:
        gone = spec.stage(code)
        if gone is None:
            return spec
        return replace(spec, stages=tuple(_without(stage, gone) for stage in spec.stages if stage.code != code))

    return edit(template, change, by=by)


def _without(stage: StageSpec, gone: StageSpec) -> StageSpec:
    before = []
    for code in stage.prerequisites:
        before += [name for name in gone.prerequisites if name != stage.code] if code == gone.code else [code]
    return replace(
        stage,
        prerequisites=tuple(dict.fromkeys(before)),
        materials=tuple(replace(m, source_stage="") if m.source_stage == gone.code else m for m in stage.materials),
    )


def move_stage(template: ChainTemplate, code: str, places: int, *, by) -> ChainTemplate:
    """Move a stage of a draft up (negative) or down by `places` rows, as far as the list goes."""

    def change(spec: TemplateSpec) -> TemplateSpec:
        stages = list(spec.stages)
        at = next((place for place, stage in enumerate(stages) if stage.code == code), None)
        if at is None:
            return spec
        stages.insert(max(0, min(len(stages) - 1, at + places)), stages.pop(at))
        return replace(spec, stages=tuple(stages))

    return edit(template, change, by=by)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _may(by, permission: str) -> None:
    if by is not None:
        require(by, permission)


def _locked(**lookup) -> ChainTemplate | None:
    return ChainTemplate.objects.select_for_update().filter(**lookup).first()


def _draft(template: ChainTemplate) -> ChainTemplate:
    """Return the locked row of a draft. Raises TemplateRefused when it is published, retired or gone."""
    row = _locked(pk=template.pk)
    if row is None or row.status != Status.DRAFT:
        raise TemplateRefused(_("Only a draft can be changed. Make a new draft from this version."))
    return row
