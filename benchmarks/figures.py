"""The two figures of docs/benchmarks.md."""

import statistics

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from benchmarks.workloads import WORKLOADS

OWN, OTHER = "#c2410c", "#94a3b8"


def peers(measured, path):
    """For each workload, everybody's time as a multiple of tinynet's."""
    figure = Figure(figsize=(11, 2.3 * -(-len(measured) // 2)), layout="constrained")
    axes = figure.subplots(-(-len(measured) // 2), 2, squeeze=False).ravel()
    for ax, (workload, best) in zip(axes, measured.items(), strict=False):
        medians = {name: statistics.median(rounds) for name, (rounds, _) in best.items()}
        ratios = {name: median / medians["tinynet"] for name, median in medians.items()}
        names = sorted(ratios, key=ratios.get, reverse=True)
        ax.barh(
            names,
            [ratios[name] for name in names],
            color=[OWN if name == "tinynet" else OTHER for name in names],
        )
        ax.set_xscale("log")
        ax.set_xlim(0.1, 4 * max(ratios.values()))
        ax.xaxis.set_minor_formatter(NullFormatter())
        for i, name in enumerate(names):
            ax.text(
                ratios[name] * 1.08,
                i,
                f"{ratios[name]:.2g} x, {told(medians[name])}",
                va="center",
                fontsize=7,
            )
        ax.set_title(WORKLOADS[workload].title, fontsize=8, loc="left")
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
        ax.axvline(1, color=OWN, linewidth=0.8)
    for ax in axes[len(measured) :]:
        ax.set_visible(False)
    figure.suptitle(
        "Time as a multiple of tinynet's (logarithmic; left of the line is faster)", fontsize=10
    )
    figure.savefig(path, dpi=120)


def growth(points, path):
    """Time and memory an example, over m, n_h and layers."""
    names = list(dict.fromkeys(name for name, *_ in points))
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    axes = figure.subplots(2, len(names), squeeze=False)
    for column, name in enumerate(names):
        sizes, ns, size = zip(*(p[1:] for p in points if p[0] == name), strict=True)
        for ax, values, label in zip(
            axes[:, column],
            (ns, size),
            ("ns an example and epoch", "bytes an example"),
            strict=True,
        ):
            ax.loglog(sizes, values, "o-", color=OWN, markersize=4)
            if (
                column
            ):  # the arithmetic: in proportion to what is on the axis, from the largest net down
                ax.loglog(
                    sizes,
                    [values[-1] * n / sizes[-1] for n in sizes],
                    "--",
                    color=OTHER,
                    linewidth=1,
                )
            ax.set_ylabel(label, fontsize=8)
            ax.set_xlabel(name, fontsize=8)
            ax.set_ylim(min(values) / 3, max(values) * 3)
            ax.yaxis.set_minor_formatter(NullFormatter())
            ax.tick_params(labelsize=7)
            ax.grid(alpha=0.3)
    figure.suptitle("How the cost grows (dashed: in proportion)", fontsize=10)
    figure.savefig(path, dpi=120)


def told(seconds):
    return f"{seconds * 1e6:,.3g} us" if seconds < 1e-3 else f"{seconds * 1e3:,.3g} ms"
