"""The sub-commands of `manage.py ledger`, a module each: its docstring is the help.

A module has `arguments(parser)` and `handle(command, options)`; its name is the sub-command. `command` is the running
`BaseCommand` with its `stdout` and `stderr`. Nothing else needs to know a new one.
"""
