"""The results as a picture: seconds against latency."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.measure import OPERATIONS
from benchmarks.programs import NAIVE, NATIVE, NOOP, OPENTOFU, OURS, YAML
from benchmarks.report import Runs

_LINES: Final = {
    NOOP: ("0.6", ":", ""),
    NAIVE: ("tab:orange", "--", "s"),
    OPENTOFU: ("tab:green", "-.", "^"),
    OURS: ("tab:blue", "-", "o"),
    NATIVE: ("tab:purple", "-", "v"),
    YAML: ("tab:red", "-", "x"),
}


def draw(runs: Runs, file: Path, source: str) -> None:
    """One small picture for each operation; `source`, what it was drawn from, stands in the file's metadata."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, row = pyplot.subplots(1, len(OPERATIONS), figsize=(3 * len(OPERATIONS), 3), sharex=True)
    for axes, operation in zip(row, OPERATIONS, strict=True):
        for contender in runs.contenders:
            color, line, marker = _LINES[contender]
            seconds = [runs.median(contender, operation, latency) for latency in runs.latencies]
            milliseconds = [latency * 1000 for latency in runs.latencies]
            axes.plot(milliseconds, seconds, line, color=color, marker=marker, label=contender.name, markersize=4)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.set_title(operation, fontsize=10)
        axes.set_xlabel("ms until the platform answers")
    row[0].set_ylabel("seconds")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncol=len(labels), frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.92))
    figure.savefig(file, dpi=110, metadata={"Source": source})
    pyplot.close(figure)
