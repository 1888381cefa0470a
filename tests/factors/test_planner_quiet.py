"""The solver's own line is kept from standard output; nothing else that is written there is lost."""

import os
from threading import Thread

from factors.planner_quiet import LINE, hushed


def test_only_the_line_of_the_solver_is_kept_away(capfd):
    with hushed():
        os.write(1, LINE + b" tmpSolver.run();\n")
        with hushed():
            os.write(1, b"of somebody else\n")
        os.write(1, LINE + b"\n")
    os.write(1, b"afterwards\n")
    assert capfd.readouterr().out == "of somebody else\nafterwards\n"


def test_threads_share_one_detour(capfd):
    def plan(number):
        for _time in range(20):
            with hushed():
                os.write(1, LINE + b"\n")
                os.write(1, b"%d\n" % number)

    threads = [Thread(target=plan, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(capfd.readouterr().out.split()) == sorted([str(number) for number in range(4)] * 20)
