"""The public csv-diff on two files: reading and comparing, so many times; figures as one JSON line."""

import json
import resource
import statistics
import sys
import time

from csv_diff import compare, load_csv

before, after, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
compared, whole = [], []
for _ in range(runs):
    start = time.perf_counter()
    with open(before, encoding="utf-8", newline="") as old, open(after, encoding="utf-8", newline="") as new:
        sides = load_csv(old, key="id"), load_csv(new, key="id")
    read = time.perf_counter()
    found = compare(*sides)
    end = time.perf_counter()
    assert found["changed"] and found["added"] and found["removed"]
    compared.append((end - read) * 1e3)
    whole.append((end - start) * 1e3)
print(
    json.dumps(
        {
            "compare_ms": statistics.median(compared),
            "compare_least_ms": min(compared),
            "compare_most_ms": max(compared),
            "whole_ms": statistics.median(whole),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )
)
