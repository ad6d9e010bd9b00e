# Runs the test_ functions of one file on MicroPython. Owns the lines that the runner reads
# (tests_host/tools/run_micropython.py); knows nothing of what is tested.
# usage: micropython harness.py MODULE NAME...
import gc
import io
import sys

import utime as time  # the real one: the shim's would take the module's only connection


def _indented(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return "".join("  " + line + "\n" for line in text.getvalue().rstrip().split("\n"))


def main(module_name, names):
    failed = 0
    try:
        module = __import__(module_name)
    except Exception as error:  # whatever an import can raise is this file's result
        print("@@ IMPORT-FAILED 0\n" + _indented(error))
        return 1
    for name in names:
        gc.collect()
        print("@@ START", name)
        start = time.ticks_ms()
        report = ""
        try:
            result = getattr(module, name)()
            if result is not None:  # a coroutine that nobody ran would pass unseen
                report = "  a test must return nothing, this one gave " + repr(type(result))
        except Exception as error:
            report = _indented(error)
        took_ms = time.ticks_diff(time.ticks_ms(), start)
        if report:
            failed += 1
            print("@@ FAIL", name, took_ms)
            print(report)
        else:
            print("@@ PASS", name, took_ms)
    print("@@ DONE", len(names) - failed, failed)
    return 1 if failed else 0


sys.exit(main(sys.argv[1], sys.argv[2:]))
