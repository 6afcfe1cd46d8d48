# Runs getmail, the path in sys.argv[1], with its arguments after it.
#
# getmail 6.18 waits for the program that it delivers to on a condition. When that program ends before the wait begins,
# the news is lost: getmail waits for a minute and gives up. Its condition remembers the news here.
import runpy, sys, threading

from getmailcore import baseclasses


class Remembering(threading.Condition):
    told = False

    def notify_all(self):
        self.told = True
        super().notify_all()

    def wait(self, timeout=None):
        return self.told or super().wait(timeout)


baseclasses.Condition = Remembering
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
