# Runs getmail, the path in sys.argv[1], with its arguments after it.
#
# getmail 6.18 waits for the program that it delivers to on a condition. When that program ends before the wait has begun,
# the news is lost: getmail waits for minutes and gives up. Here its condition remembers the news, and looks again soon.
import runpy, sys, threading, time

from getmailcore import baseclasses


class Remembering(threading.Condition):
    told = False

    def notify_all(self):
        self.told = True
        super().notify_all()

    def wait(self, timeout):
        end = time.monotonic() + timeout
        while not self.told and time.monotonic() < end:
            super().wait(0.05)
        return self.told


baseclasses.Condition = Remembering
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
