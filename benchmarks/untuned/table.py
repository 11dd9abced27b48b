"""The lines of the table."""

import math
import statistics
from collections import Counter

from benchmarks.untuned.scores import compared, failed, median, ranks, verdict

TITLES = {
    "raw": "Raw numbers; tinynet's net has its Standardize layers",
    "by hand": "Numbers standardized by hand, for all; the plain net",
    "bare": "Raw numbers, and nothing standardizes them",
}


def unique(runs, field):
    return list(dict.fromkeys(getattr(run, field) for run in runs))


def head(first, columns, last=()):
    """Numbers stand on the right."""
    marks = ["---", *["---:"] * len(columns), *["---"] * len(last)]
    return [f"| {' | '.join([first, *columns, *last])} |", f"| {' | '.join(marks)} |"]


def row(*cells):
    return f"| {' | '.join(map(str, cells))} |"


class Scores:
    """What was found in these runs of one variant, by who trained and on which set."""

    def __init__(self, found, runs, variant):
        self.found, self.runs = found, [run for run in runs if run.variant == variant]
        self.who, self.names = unique(self.runs, "who"), unique(self.runs, "name")

    def of(self, who, name=None):
        own = [run for run in self.runs if run.who == who and name in (None, run.name)]
        return [self.found[run] for run in own]

    def values(self, who, name=None):
        return [result["score"] for result in self.of(who, name)]

    def failures(self, who, name=None):
        return sum(failed(result["score"], result["bar"]) for result in self.of(who, name))

    def cell(self, who, name):
        """The median, and how many of the runs failed, if any."""
        value, lost = median(self.values(who, name)), self.failures(who, name)
        shown = f"{value:.3f}" if math.isfinite(value) else "none"
        return f"{shown}, {lost / len(self.of(who, name)):.0%} fail" if lost else shown

    def medians(self, name):
        return [median(self.values(who, name)) for who in self.who]

    def verdicts(self):
        """Of tinynet beside the best of the others, by set."""
        others, found = [who for who in self.who if who != "tinynet"], {}
        for name in self.names:
            best = max(others, key=lambda who, name=name: median(self.values(who, name)))
            found[name] = verdict(self.values("tinynet", name), self.values(best, name))
        return found

    def failed_of(self, who):
        return f"{self.failures(who)} of {len(self.of(who))}"

    def one_by_one(self, who, than):
        """On how many splits a score is higher, about the same, lower than another's."""
        pairs = zip(self.values(who), self.values(than), strict=True)
        times = Counter(compared(*pair) for pair in pairs)
        return f"{times[1]} / {times[0]} / {times[-1]}"


def scores(all_scores):
    """The medians of a variant, set by set."""
    compare = "tinynet" in all_scores.who and len(all_scores.who) > 1
    verdicts = all_scores.verdicts() if compare else dict.fromkeys(all_scores.names, "")
    lines = head("", all_scores.who, ["tinynet is"] if compare else [])
    for name in all_scores.names:
        cells = [all_scores.cell(who, name) for who in all_scores.who]
        lines.append(row(name, *cells, *([verdicts[name]] if compare else [])))
    if compare:
        times = Counter(verdicts.values())
        counted = ", ".join(f"{times[word]} {word}" for word in ("best", "level", "behind"))
        lines += ["", f"tinynet beside the best of the others: {counted}."]
    return [*lines, ""]


def summary(of_variants):
    """Failures, and tinynet's score beside each other's on the same split."""
    who = next(iter(of_variants.values())).who
    lines = ["### All sets together", "", *head("", who)]
    for variant, found in of_variants.items():
        failures = [found.failed_of(one) for one in who]
        lines.append(row(f"{variant}: runs that failed", *failures))
        beside = [found.one_by_one("tinynet", one) if one != "tinynet" else "" for one in who]
        lines.append(row(f"{variant}: tinynet higher / within 0.01 / lower", *beside))
    return [*lines, ""]


def cold_starts(found, runs):
    """Medians in seconds, and below them their median over the sets."""
    who, names = unique(runs, "who"), unique(runs, "name")
    times = {
        (one, name): statistics.median(
            found[run]["process"] for run in runs if (run.who, run.name) == (one, name)
        )
        for one in who
        for name in names
    }
    repeats = len(runs) // len(times)
    title = f"### Seconds from a cold start to the score, the import included, median of {repeats}"
    lines = [title, "", *head("", who)]
    lines += [row(name, *(f"{times[one, name]:.2f}" for one in who)) for name in names]
    middle = {one: statistics.median(times[one, name] for name in names) for one in who}
    lines.append(row("median over the sets", *(f"{middle[one]:.2f}" for one in who)))
    return [*lines, ""]


def starts(found):
    """Where the hidden layer's W starts: medians set by set, and all sets together."""
    lines = head("", found.who)
    lines += [row(name, *(found.cell(who, name) for who in found.who)) for name in found.names]
    by_set = [ranks(found.medians(name)) for name in found.names]
    columns = list(zip(*by_set, strict=True))
    lines.append(row("median rank", *(f"{statistics.median(c):.1f}" for c in columns)))
    lines.append(row("mean rank", *(f"{statistics.mean(c):.2f}" for c in columns)))
    lines.append(row("runs that failed", *map(found.failed_of, found.who)))
    first, *others = found.who
    beside = [found.one_by_one(who, first) for who in others]
    lines.append(row(f"beside {first}: higher / within 0.01 / lower", "", *beside))
    return [*lines, ""]


def lines(found, scored, other_starts, cold):
    of_variants = {v: Scores(found, scored, v) for v in unique(scored, "variant")}
    made = []
    for variant, own in of_variants.items():
        made += [f"### {TITLES[variant]}", "", *scores(own)]
    if "tinynet" in unique(scored, "who"):
        made += summary(of_variants)
    if cold:
        made += cold_starts(found, cold)
    for variant in unique(other_starts, "variant"):
        title = f"### Where tinynet's hidden layer starts: {TITLES[variant].lower()}"
        made += [title, "", *starts(Scores(found, other_starts, variant))]
    return made[:-1]
