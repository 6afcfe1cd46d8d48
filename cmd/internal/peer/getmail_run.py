# Runs getmail, the path in sys.argv[1], with its arguments after it.
#
# getmail 6.18 listens for the end of the program that it delivers to after it has started it. When the program ends before
# that, getmail waits for minutes and gives up. Here it just waits for that program.
import os, runpy, sys

from getmailcore.baseclasses import ForkingBase

ForkingBase._prepare_child = lambda self: None
ForkingBase._wait_for_child = lambda self, pid: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if os.geteuid() == 0:  # its deliveries refuse to run as root, which a container may be
    os.geteuid = os.getegid = lambda: 1
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
