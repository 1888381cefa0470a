"""`manage.py print_dossier CODE --as card|card_a5|booklet|text --out FILE`: one project's paper from the console."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dossiers import gathering, rendering
from dossiers.ladder import NoRung
from people.models import User
from projects.models import Project

KINDS = ("card", "card_a5", "booklet", "text")


class Command(BaseCommand):
    """Write the card, the booklet or the plain text of a project to a file. It is a preview: no version, no QR code."""

    help = "Write a project's card, booklet or plain text to a file (a preview: versions are printed on the site)."

    def add_arguments(self, parser):
        parser.add_argument("code", help="the project's code")
        parser.add_argument("--as", dest="kind", choices=KINDS, default="text")
        parser.add_argument("--out", help="the file; without it plain text goes to the terminal")
        parser.add_argument("--by", metavar="USERNAME", help="as this person may see it; without it everything")

    def handle(self, *, code, kind, out, by, **options):
        project = Project.objects.filter(code=code).first()
        user = User.objects.filter(username=by).first() if by else None
        if by and user is None:
            raise CommandError(f"There is no account {by}.")
        now = timezone.localtime()
        found = gathering.gather([project], user, now, full=kind == "booklet") if project else []
        if not found:
            raise CommandError(f"There is no project {code}" + (f", or {by} may not see it." if by else "."))
        if kind == "text":
            self._text(rendering.text(found[0]), out)
            return
        if not out:
            raise CommandError("Name a file with --out.")
        stamp = rendering.preview_stamp(found[0], user.display_name if user else "")
        try:
            made = getattr(rendering, kind)(found[0], stamp)
        except NoRung as error:
            raise CommandError("It does not fit on its page, whatever is shortened.") from error
        Path(out).write_bytes(made.pdf)
        told = f", rung {made.rung}" if made.rung else ""
        self.stdout.write(f"{out}: {made.pages} pages, {len(made.pdf) // 1024} KB{told}")

    def _text(self, text: str, out) -> None:
        """Write UTF-8 whatever the locale: a terminal in C or GBK must not stop it."""
        if out:
            Path(out).write_bytes(text.encode())
            return
        stream = getattr(self.stdout._out, "buffer", None)
        if stream is None:
            self.stdout.write(text, ending="")
            return
        self.stdout.flush()
        stream.write(text.encode())
        stream.flush()
