"""Draws the charts of docs/benchmarks.md.

    charts.py RESULTS DIRECTORY GROUP...

RESULTS has what interleave prints. Writes commands.svg, parallel.svg and alive.svg, each
if it was measured. The same results give the same bytes. The background is transparent
and the text grey, so that they can be read on light and dark pages.
"""

import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "rt", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "text.color": "#767c85", "axes.labelcolor": "#767c85", "axes.edgecolor": "#767c85",
    "xtick.color": "#767c85", "ytick.color": "#767c85", "axes.titlecolor": "#767c85",
})
import matplotlib.pyplot as plt  # noqa: E402

COLOURS = ["#8b949e", "#2f81f7", "#d29922", "#db6d28", "#a371f7", "#3fb950"]
COMMANDS = [
    ("version", "--version"), ("state", "state"), ("start", "start"), ("delete", "delete"), ("create", "create"),
    ("exec", "exec true"), ("run", "run"), ("cold-run", "run, cold"), ("userns", "run, user namespace"),
    ("docker", "run, Docker's config"), ("lifecycle", "create + start + delete"),
]


def read(path):
    medians = {}
    with open(path) as f:
        for line in f:
            words = line.rstrip("\n").split("\t")
            if words[0] not in ("limit", "peak", "left") and words[2] != "fail":
                medians[words[0], words[1]] = int(words[4]) / 1000
    return medians


def text(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def bars(axes, labels, groups, value, horizontal=False):
    """One bar for each label and group; value(label, group) may be None."""
    axes.spines[["top", "right"]].set_visible(False)
    width = 0.84 / len(groups)
    for i, group in enumerate(groups):
        at = [n + (i - (len(groups) - 1) / 2) * width for n in range(len(labels))]
        values = [value(key, group) for key, _ in labels]
        have = [(x, v) for x, v in zip(at, values) if v is not None]
        draw = axes.barh if horizontal else axes.bar
        drawn = draw([x for x, _ in have], [v for _, v in have], width * 0.92, color=COLOURS[i % len(COLOURS)], label=group)
        axes.bar_label(drawn, [text(v) for _, v in have], padding=2, fontsize=8)
    names = [name for _, name in labels]
    if horizontal:
        axes.set_yticks(range(len(labels)), names)
        axes.invert_yaxis()
        axes.margins(x=0.08, y=0.01)
    else:
        axes.set_xticks(range(len(labels)), names)
        axes.margins(y=0.1)


def save(figure, path):
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})
    # matplotlib leaves blanks at the ends of lines.
    with open(path) as f:
        lines = [line.rstrip() for line in f]
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    plt.close(figure)


def commands(medians, groups, path):
    labels = [(key, name) for key, name in COMMANDS if any((key, g) in medians for g in groups)]
    if not labels:
        return
    figure, axes = plt.subplots(figsize=(8, 0.4 + 0.72 * len(labels)), layout="constrained")
    bars(axes, labels, groups, lambda key, group: medians.get((key, group)), horizontal=True)
    axes.set_xlabel("milliseconds, median")
    axes.legend(frameon=False, loc="upper right")
    save(figure, path)


def parallel(medians, groups, path):
    labels = [("run", "1", 1), ("parallel10", "10 at once", 10), ("parallel100", "100 at once", 100)]
    if not any(("parallel100", g) in medians for g in groups):
        return
    counts = {key: count for key, _, count in labels}
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    bars(axes, [label[:2] for label in labels], groups,
         lambda key, group: medians[key, group] / counts[key] if (key, group) in medians else None)
    axes.set_ylabel("milliseconds for each container")
    axes.legend(frameon=False)
    save(figure, path)


def alive(medians, groups, path):
    counts = sorted({int(key.split("-")[2]) for key, _ in medians if key.startswith("alive-create-")})
    groups = [g for g in groups if g != "floor"]
    if not counts:
        return
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True, layout="constrained")
    for axes, verb in zip(panels, ("create", "delete")):
        labels = [(f"alive-{verb}-{count}", f"{count} alive") for count in counts]
        bars(axes, labels, groups, lambda key, group: medians.get((key, group)))
        axes.set_title(verb, fontsize=10)
        # The colours are those of the other charts.
        for bar, colour in zip(axes.containers, COLOURS[1:]):
            for patch in bar:
                patch.set_facecolor(colour)
    panels[0].set_ylabel("milliseconds, median")
    panels[1].legend(frameon=False)
    save(figure, path)


def main():
    results, directory, groups = sys.argv[1], sys.argv[2], sys.argv[3:]
    medians = read(results)
    commands(medians, groups, f"{directory}/commands.svg")
    parallel(medians, groups, f"{directory}/parallel.svg")
    alive(medians, groups, f"{directory}/alive.svg")


main()
