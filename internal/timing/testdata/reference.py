"""Writes reference.json: medians and their 95 % intervals from SciPy, for TestMedianInterval.

usage: python reference.py      (numpy 2.4, scipy 1.17)
"""

import json

import numpy
from scipy import stats

cases = []
rng = numpy.random.default_rng(16)
for n in [6, 7, 8, 9, 10, 19, 20, 21, 50, 100, 101]:
    values = numpy.sort(rng.lognormal(-0.5, 0.1, n).round(6))
    interval = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    cases.append({'values': values.tolist(), 'median': float(numpy.median(values)), 'low': float(interval.low), 'high': float(interval.high)})

# How many values lie outside on either side, of many more.
ranks = {n: int(stats.binom(n, 0.5).ppf(0.025)) - 1 for n in [6, 500, 12345, 1_000_000]}

with open('reference.json', 'w') as f:
    json.dump({'cases': cases, 'outside': ranks}, f, indent=None, separators=(',', ':'))
    f.write('\n')
