"""The results as a picture: seconds against latency."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.measure import OPERATIONS
from benchmarks.programs import NAIVE, NOOP, OPENTOFU, OURS
from benchmarks.report import Results

_LINES: Final = {
    NOOP.name: ("engine alone (no-op)", "0.6", ":", ""),
    NAIVE.name: ("naive provider", "tab:orange", "--", "s"),
    OPENTOFU.name: ("OpenTofu with a REST provider", "tab:green", "-.", "^"),
    OURS.name: ("pulumi-previsionio", "tab:blue", "-", "o"),
}


def draw(results: Results, file: Path) -> None:
    """One small picture for each size and operation."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows, columns = len(results.sizes), len(OPERATIONS)
    figure, grid = pyplot.subplots(rows, columns, figsize=(3 * columns, 2.6 * rows), sharex=True, squeeze=False)
    for row, size in zip(grid, results.sizes, strict=True):
        for axes, operation in zip(row, OPERATIONS, strict=True):
            for provider in (NOOP.name, *results.others, OURS.name):
                label, color, line, marker = _LINES[provider]
                seconds = [results.seconds(provider, size, operation, latency) for latency in results.latencies]
                milliseconds = [latency * 1000 for latency in results.latencies]
                axes.plot(milliseconds, seconds, line, color=color, marker=marker, label=label, markersize=4)
            axes.set_ylim(bottom=0)
            axes.grid(alpha=0.3)
            axes.set_title(f"{operation}, {size}", fontsize=10)
        row[0].set_ylabel("seconds")
    for axes in grid[-1]:
        axes.set_xlabel("ms until the platform answers")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncol=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
