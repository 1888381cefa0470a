"""Users, departments, districts, their grants, sessions, feedback, and the append-only audit log.

Design overview: a person has one role (what he may do, `people/roles.py`) and belongs to one department; each
department owns one auth group, so a grant to a department is one row, however many people or projects there are.
Grants are guardian permissions with direct foreign keys: they vanish with the object they were given on.
"""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from people import roles

MAX_DEPTH = 4  # levels of the district and department trees; `people.access` joins that many parents


class Tree(models.Model):
    """A row with a parent; at most MAX_DEPTH levels and no cycle."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )

    class Meta:
        abstract = True

    def ancestors(self) -> list:
        """Return the parents, nearest first. One query per level not yet loaded."""
        found, row = [], self.parent
        while row is not None and len(found) <= MAX_DEPTH:
            found.append(row)
            row = row.parent
        return found

    def clean(self):
        super().clean()
        above = self.ancestors()
        if self.pk and any(row.pk == self.pk for row in above):
            raise ValidationError({"parent": _("A unit cannot lie below itself.")})
        if len(above) >= MAX_DEPTH:
            raise ValidationError({"parent": _("At most four levels are possible.")})


class District(Tree):
    """An administrative district by its GB/T 2260 code. The city is the root; a grant on it covers all below."""

    code = models.CharField(
        _("district code"),
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^\d{6}$", _("A district code has six digits."))],
    )
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["code"]
        permissions = [("view_projects", "See the projects of the district"), ("manage_projects", "Manage them")]

    def __str__(self):
        return self.name


class DepartmentQuerySet(models.QuerySet):
    """Reads of departments."""

    def first_named(self, names):
        """Return the department that carries the first of the names that any carries, None where none does."""
        return next((found[0] for name in names if (found := self.named(str(name)))), None)

    def named(self, text: str):
        """Return the departments that carry `text` as code, name, short name or as one of the aliases (exact)."""
        text = text.strip()
        near = self.filter(Q(code=text) | Q(name=text) | Q(short_name=text) | Q(aliases__contains=text))
        return [row for row in near if text in {row.code, row.name, row.short_name, *row.alias_list()}]


class Department(Tree):
    """An office of the city. Its auth group is made with it and receives the grants of all its people."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    short_name = models.CharField(_("short name"), max_length=20, blank=True)
    aliases = models.TextField(
        _("other names"), blank=True, help_text=_("One per line: names that workbooks use for this department.")
    )
    phone = models.CharField(_("office phone"), max_length=30, blank=True)
    group = models.OneToOneField(Group, models.PROTECT, editable=False, related_name="department")

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["code"]
        permissions = [("handle_cases", "Handle the cases of the department")]

    def __str__(self):
        return self.short_name or self.name

    def save(self, *args, **kwargs):
        with transaction.atomic():
            if self.group_id is None:
                self.group, _made = Group.objects.get_or_create(name=f"department:{self.code}")
            super().save(*args, **kwargs)

    def alias_list(self) -> list[str]:
        """Return the aliases, one per line of the field."""
        return [line.strip() for line in self.aliases.splitlines() if line.strip()]


class DistrictUserObjectPermission(UserObjectPermissionBase):
    """A person's grant on a district."""

    content_object = models.ForeignKey(District, models.CASCADE)


class DistrictGroupObjectPermission(GroupObjectPermissionBase):
    """A department's grant on a district."""

    content_object = models.ForeignKey(District, models.CASCADE)


class DepartmentUserObjectPermission(UserObjectPermissionBase):
    """A person's right to handle the cases of a department that is not his own."""

    content_object = models.ForeignKey(Department, models.CASCADE)


class DepartmentGroupObjectPermission(GroupObjectPermissionBase):
    """A department's right to handle the cases of another one."""

    content_object = models.ForeignKey(Department, models.CASCADE)


class PeopleManager(UserManager.from_queryset(models.QuerySet)):
    """Users; `pickable()` are those that a form may offer."""

    def pickable(self):
        """Return active people with a business role, with their department, by name."""
        business = [role.code for role in roles.ROLES.values() if not role.administers]
        return self.filter(is_active=True, role__in=business).select_related("department").order_by("display_name")


class User(AbstractUser):
    """A person who logs in. Never deleted, only disabled: events and the audit log keep pointing here."""

    display_name = models.CharField(_("person's name"), max_length=40)
    title = models.CharField(_("post"), max_length=60, blank=True)
    phone = models.CharField(_("work phone"), max_length=30, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    role = models.CharField(_("role"), max_length=12, choices=roles.CHOICES, blank=True)
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    must_change_password = models.BooleanField(_("must change the password at the next log-in"), default=False)
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, blank=True, editable=False)

    REQUIRED_FIELDS = ["display_name"]
    objects = PeopleManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self):
        return self.display_name or self.username

    def get_full_name(self):
        """Return the Chinese name (one field; Django's two name fields are not used)."""
        return self.display_name

    @property
    def role_class(self) -> roles.Role | None:
        """Return the role, None while the security administrator has not assigned one."""
        return roles.get(self.role)

    @property
    def masked_phone(self) -> str:
        """Return the phone for lists: 138****0000."""
        return self.phone if len(self.phone) < 8 else f"{self.phone[:3]}****{self.phone[-4:]}"

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.join_department_group()

    def join_department_group(self) -> None:
        """Make the department's group the only one of this person (grants are given to it)."""
        wanted = {self.department.group_id} if self.department_id else set()
        if set(self.groups.values_list("pk", flat=True)) != wanted:
            self.groups.set(wanted)


class PasswordUsed(models.Model):
    """A hash that was once somebody's password: the last three may not come back."""

    user = models.ForeignKey(User, models.CASCADE, related_name="passwords_used")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


class UserSession(models.Model):
    """One log-in of a person on one browser, so that it can be seen and ended. Ending it deletes Django's session."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions", verbose_name=_("user"))
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    agent = models.CharField(_("browser"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("logged in since"))
    seen_at = models.DateTimeField(_("last seen"))
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [models.Index(fields=["user", "ended_at"], name="session_open_of_user")]

    def __str__(self):
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class AuditEntry(models.Model):
    """One line of the audit log: who did what to what, when and from where. Written by `people.audit.record` only.

    Append-only by database triggers. `sequence` has no gaps and `hash` covers the row and the hash before it, so a
    changed, removed or inserted row shows in `people.audit.verify`.
    """

    sequence = models.PositiveBigIntegerField(_("number"), unique=True)
    at = models.DateTimeField(_("time"), db_index=True)
    kind = models.CharField(_("kind"), max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="audit_entries", verbose_name=_("done by"),
        db_index=False,
    )  # fmt: skip
    by_name = models.CharField(_("account"), max_length=150, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    target_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    target_id = models.CharField(_("object number"), max_length=60, blank=True)
    target_text = models.CharField(_("object"), max_length=200, blank=True)
    detail = models.JSONField(_("detail"), default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["kind"], name="audit_of_kind"),  # not db_index: that makes a second one for LIKE
            models.Index(fields=["by", "sequence"], name="audit_by_person"),
        ]

    def __str__(self):
        return f"{self.sequence} {self.kind}"


class AuditHead(models.Model):
    """The one row that writers lock: number and hash of the newest audit entry. It also betrays a cut-off tail."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("head of the audit log")
        verbose_name_plural = _("heads of the audit log")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="audit_head_is_one_row")]

    def __str__(self):
        return str(self.sequence)


class Feedback(models.Model):
    """What a user told us (意见反馈): the page, the words, and the answer of a supervisor."""

    class Kind(models.TextChoices):
        FAULT = "fault", _("Something is wrong")
        WISH = "wish", _("A wish")
        COMPLAINT = "complaint", _("A complaint")
        QUESTION = "question", _("A question")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="feedback", verbose_name=_("sent by"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FAULT)
    page = models.CharField(_("page"), max_length=300, blank=True)
    text = models.TextField(_("what you want to tell us"), max_length=2000)
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-pk"]

    def __str__(self):
        return self.text[:40]
