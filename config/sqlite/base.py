"""`ENGINE: "config.sqlite"`: Django's SQLite, whose writers take their turn in a queue before they ask for the lock.

The turn begins before BEGIN of an outermost `atomic` and ends with its commit, rollback or the end of the connection.
A writing statement outside `atomic` takes a turn of its own. Databases in memory have no queue: nobody else sees them.

Two options more than Django's: `queue_seconds` (30), how long a writer waits; after that `WriterBusy`, which the user
sees as a page of its own (config/views.py). SQLite's "database is locked", which a foreign program's long transaction
can still cause, becomes the same.
"""

import os
from contextlib import closing, contextmanager
from itertools import islice
from sqlite3 import SQLITE_BUSY

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.creation import DatabaseCreation as SQLiteCreation
from django.db.utils import OperationalError

from config.sqlite.queue import queue_of

Database = base.Database
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "VACUUM", "REINDEX", "ANALYZE")


class WriterBusy(OperationalError):
    """Others kept writing for too long. Nothing of this transaction was saved; the same request may succeed later."""

    def __init__(self):
        super().__init__("Other writers kept the database busy. Nothing was saved; try again later.")


def is_write(sql: str) -> bool:
    """Say whether a statement takes SQLite's write lock. `WITH … INSERT` is missed: it waits for the lock unqueued."""
    return sql.lstrip()[:8].upper().startswith(WRITES)


def is_busy(error: Exception) -> bool:
    """Say whether SQLite gave up waiting for another connection."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY


class QueuedCursor(base.SQLiteCursorWrapper):
    """A cursor whose writing statements outside a transaction take a turn. `wrapper` is its DatabaseWrapper."""

    _rows = None

    def execute(self, query, params=None):
        """Run one statement."""
        return self._run(super().execute, query, params)

    def executemany(self, query, param_list):
        """Run one statement with many rows."""
        return self._run(super().executemany, query, param_list)

    def _run(self, run, query, params):
        self._rows = None
        try:
            if self.connection.in_transaction or not is_write(query):
                return run(query, params)
            with self.wrapper.turn():
                run(query, params)
                if self.description:  # RETURNING: SQLite commits when the last row was read
                    self._rows = iter(super().fetchall())
            return self
        except Database.OperationalError as error:
            if is_busy(error):
                raise WriterBusy from error
            raise

    def fetchone(self):
        """Return the next row, None after the last."""
        return super().fetchone() if self._rows is None else next(self._rows, None)

    def fetchmany(self, size=1):
        """Return the next `size` rows."""
        if self._rows is None:
            return super().fetchmany(size)
        return list(islice(self._rows, size))

    def fetchall(self):
        """Return the rest of the rows."""
        return super().fetchall() if self._rows is None else list(self._rows)

    def __iter__(self):
        return super().__iter__() if self._rows is None else self._rows


class DatabaseCreation(SQLiteCreation):
    """Test databases, whose queue file goes with them."""

    def _destroy_test_db(self, test_database_name, verbosity):
        super()._destroy_test_db(test_database_name, verbosity)
        if not self.is_in_memory_db(test_database_name) and os.path.exists(f"{test_database_name}-writer"):
            os.remove(f"{test_database_name}-writer")


class Turn:
    """As a context: a turn for one statement, unless the connection has one already."""

    def __init__(self, wrapper):
        self.wrapper = wrapper

    def __enter__(self):
        self.taken = self.wrapper.begin_turn()

    def __exit__(self, *error):
        if self.taken:
            self.wrapper.end_turn()


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper, with the queue around its transactions."""

    creation_class = DatabaseCreation
    queue_seconds = 30
    _queue = None  # while it is this connection's turn
    _path = None  # of the file that is open, without links: where its queue stands; None for a database in memory

    def get_connection_params(self):
        """Take out the option that is ours."""
        params = super().get_connection_params()
        self.queue_seconds = params.pop("queue_seconds", 30)
        return params

    def get_new_connection(self, conn_params):
        """Connect; WriterBusy when even that has to wait too long."""
        try:
            made = super().get_new_connection(conn_params)
        except Database.OperationalError as error:
            if is_busy(error):
                raise WriterBusy from error
            raise
        name = str(self.settings_dict["NAME"])
        self._path = None if self.is_in_memory_db() or name.startswith("file:") else os.path.realpath(name)
        return made

    def create_cursor(self, name=None):
        """Return a cursor that knows this wrapper."""
        cursor = self.connection.cursor(factory=QueuedCursor)
        cursor.wrapper = self
        return cursor

    # --- the turn ---------------------------------------------------------------------------------------------------
    def turn(self) -> Turn:
        """Return the context of one statement's turn."""
        return Turn(self)

    def begin_turn(self) -> bool:
        """Wait for the turn; False when there is nothing to wait for. WriterBusy after `queue_seconds`."""
        if self._queue is not None or self._path is None:
            return False
        queue = queue_of(self._path)
        try:
            queue.enter(self.queue_seconds)
        except TimeoutError as error:
            raise WriterBusy from error
        self._queue = queue
        return True

    def end_turn(self) -> None:
        """Let the next writer in; without a turn nothing happens."""
        queue, self._queue = self._queue, None
        if queue is not None:
            queue.leave()

    def _start_transaction_under_autocommit(self):
        self.begin_turn()
        try:
            if self.queries_logged or self.execute_wrappers:
                super()._start_transaction_under_autocommit()
            else:  # without Django's cursor, which takes as long as the queue
                self._begin()
        except BaseException:
            self.end_turn()
            raise

    def _begin(self):
        with self.wrap_database_errors:
            try:
                self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
            except Database.OperationalError as error:
                if is_busy(error):
                    raise WriterBusy from error
                raise

    @contextmanager
    def alone(self):
        """As `atomic(durable=True)` for statements of the driver and nothing of Django's: the block gets the cursor.

        Leaving it commits; an exception rolls back. For what posts one entry, where atomic takes a tenth of the time.
        No savepoints, no `on_commit`, no log of queries; only where no transaction is open.
        """
        self.ensure_connection()
        self._start_transaction_under_autocommit()
        try:
            with self.wrap_database_errors, closing(self.connection.cursor()) as cursor:
                yield cursor
            self._commit()
        except BaseException:
            try:
                self._rollback()
            except Database.Error:
                self.close()
            raise

    def _commit(self):
        super()._commit()  # when it fails, Django rolls back, and when that fails, too, it closes
        self.end_turn()

    def _rollback(self):
        super()._rollback()
        self.end_turn()

    def _close(self):
        try:
            super()._close()
        finally:
            self.end_turn()
