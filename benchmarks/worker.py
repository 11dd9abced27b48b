"""One contender in a process of its own: it prepares, and then takes a round of steps for each line
that it is sent."""

import os
import sys
import time

from benchmarks.workloads import WORKLOADS


def main(workload, contender, threads):
    if hasattr(os, "sched_setaffinity"):  # for who does not listen to OMP_NUM_THREADS
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(threads)])
    prepare, argument = WORKLOADS[workload].contenders[contender]
    n = WORKLOADS[workload].steps
    steps = prepare(argument)
    steps(n)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        own = steps(n)
        seconds = own if isinstance(own, float) else (time.perf_counter() - start) / n
        print(seconds, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
