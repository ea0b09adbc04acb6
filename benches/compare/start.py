"""Prints the median time, in milliseconds, from starting a server to its first 200.
usage: start.py PORT PATH TIMES COMMAND…"""

import http.client
import statistics
import subprocess
import sys
import time

port, path, times, command = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4:]


def once():
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began < 30:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return (time.perf_counter() - began) * 1000
            except OSError:
                time.sleep(0.0002)
            finally:
                connection.close()
        raise SystemExit("the server did not answer within 30 seconds")
    finally:
        process.kill()
        process.wait()


print(f"{statistics.median(once() for _ in range(times)):.1f}")
