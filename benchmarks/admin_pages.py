"""The admin site's change lists that our list is measured against. Every one shows 50 rows and has the same filters.

- "own columns": projects with the columns of their own row and the names joined in. It says nothing of stages: less
  than our list says, and only there because the snapshot columns were written by our code.
- "same rows": what our list shows, as a developer who knows the ORM writes it: rows of stages, events and sponsors
  fetched for the whole page at once, net days and lights counted from them for this moment, by our clock.
- "same rows, naive": the same columns by `list_display` methods that ask for the related rows of each project.
- "workbench rows": the rows of our workbench, one change list for each of its sections with the same filter and 20
  rows, and one for the stages of the coming week: nothing in the admin site shows several lists on one page. Naive and
  prefetched, as above.
- "stages": one row per stage (19 per project) with what is stored on it, by default order.
"""

from django.utils import timezone


def register() -> None:
    """Register the lists with the default admin site."""
    from django.contrib import admin

    from approvals.models import Stage
    from projects.models import Project

    class SameRows(Project):
        class Meta:
            app_label, proxy, verbose_name = "projects", True, "same rows"

    class NaiveRows(Project):
        class Meta:
            app_label, proxy, verbose_name = "projects", True, "same rows, naive"

    class NaiveTwenty(Project):
        class Meta:
            app_label, proxy, verbose_name = "projects", True, "workbench rows, naive"

    class SameTwenty(Project):
        class Meta:
            app_label, proxy, verbose_name = "projects", True, "workbench rows"

    class WeekStage(Stage):
        class Meta:
            app_label, proxy, verbose_name = "approvals", True, "stages of the week"

    class Base(admin.ModelAdmin):
        list_select_related = ("enterprise", "park", "district")
        list_filter = ("light", "district", "park", "kind", "status", "key_level")
        search_fields = ("code", "name", "enterprise__name")
        ordering = ("sort_group", "due_half", "id")
        list_per_page = 50

    @admin.register(Project)
    class OwnColumns(Base):
        list_display = ("light", "code", "name", "enterprise", "park", "district", "status", "stages_done", "due_on")

    class Rows(Base):
        list_display = (
            *("light", "over_days", "name", "code", "enterprise", "park", "current", "held_by", "net_of_limit"),
            *("since_start", "stages", "sponsor", "due_on"),
        )

        def measured(self, project):
            if not hasattr(project, "views"):
                project.views = measured(self.open_stages(project))
            return project.views

        def over_days(self, project):
            first = next(iter(self.measured(project)), None)
            return first and first.clock.over_days

        def current(self, project):
            return "、".join(f"{v.stage.code} {v.stage.name} {v.light}" for v in self.measured(project))

        def held_by(self, project):
            return " · ".join(str(v.stage.department) for v in self.measured(project))

        def net_of_limit(self, project):
            views = self.measured(project)
            return "、".join(f"{view.clock.net_days}/{view.stage.committed_amount}" for view in views)

        def since_start(self, project):
            return ((project.chain_closed_on or timezone.localdate()) - project.chain.started_on).days

        def stages(self, project):
            return f"{project.stages_done}/{project.stages_total}"

    @admin.register(NaiveRows)
    class Naive(Rows):
        def open_stages(self, project):
            rows = project.chain.stages.filter(accepted_at__isnull=False, closed_at__isnull=True)
            return rows.select_related("department")

        def sponsor(self, project):
            return ", ".join(str(a.user) for a in project.assignments.filter(role="sponsor", ended_on__isnull=True))

    @admin.register(SameRows)
    class Same(Rows):
        list_select_related = ("enterprise", "park", "district", "chain")

        def get_queryset(self, request):
            from django.db.models import Prefetch

            from projects.models import Assignment

            stages = Stage.objects.filter(accepted_at__isnull=False, closed_at__isnull=True)
            sponsors = Assignment.objects.filter(role="sponsor", ended_on__isnull=True).select_related("user")
            return (
                super()
                .get_queryset(request)
                .prefetch_related(
                    Prefetch(
                        "chain__stages",
                        stages.select_related("department").prefetch_related("events"),
                        to_attr="open_stages",
                    ),
                    Prefetch("assignments", sponsors, to_attr="sponsors"),
                )
            )

        def open_stages(self, project):
            return project.chain.open_stages

        def sponsor(self, project):
            return ", ".join(str(assignment.user) for assignment in project.sponsors)

    class Twenty:
        list_per_page = 20

        def lookup_allowed(self, lookup, value, request=None):
            return True

    admin.site.register(NaiveTwenty, type("NaiveTwentyAdmin", (Twenty, Naive), {}))
    admin.site.register(SameTwenty, type("SameTwentyAdmin", (Twenty, Same), {}))

    @admin.register(WeekStage)
    class WeekStageAdmin(Twenty, admin.ModelAdmin):
        list_display = ("light", "code", "name", "chain", "state", "due_on")
        list_select_related = ("chain__project__enterprise", "stage_template")
        list_per_page = 60

    @admin.register(Stage)
    class StageAdmin(admin.ModelAdmin):
        list_display = ("light", "code", "name", "chain", "department", "state", "accepted_at", "due_on", "net_days")
        list_select_related = ("chain__project", "department")
        list_filter = ("light", "state", "department")
        search_fields = ("name", "chain__project__name")
        list_per_page = 50


def workbench_rows(kind: str, own: str = "") -> list[str]:
    """Return the change lists that together show what the workbench shows: `kind` is "naivetwenty" or "sametwenty".

    `own` is the user name of a manager whose own projects they are narrowed to; empty for the whole city.
    """
    from datetime import timedelta

    today = timezone.localdate()
    week = f"due_on__gte={today}&due_on__lte={today + timedelta(days=7)}"
    mine = f"&assignments__user__username={own}&assignments__ended_on__isnull=True" if own else ""
    stages = f"&chain__project__assignments__user__username={own}" if own else ""
    sections = ("light__in=red,statutory", week, "deferral_due_on__isnull=False", "waiting_supplement__exact=1",
                "light__exact=stale")  # fmt: skip
    return [f"/admin/projects/{kind}/?{section}{mine}" for section in sections] + [
        f"/admin/approvals/weekstage/?{week}{stages}&closed_at__isnull=True"
    ]


def measured(stages) -> list:
    """Return the stages with clock and light at this moment, worst first; once for each row of the list."""
    from approvals import derive, lights
    from calendars import store

    now, calendar, views = timezone.localtime(), store.current(), []
    for stage in stages:
        view = derive.StageView(stage, None, (), list(stage.events.all()), ready_on=stage.ready_on)
        view.replay = derive.replay(view.events)
        derive.measure(view, calendar, now)
        views.append(view)
    return sorted(views, key=lambda view: lights.severity(view.light))
