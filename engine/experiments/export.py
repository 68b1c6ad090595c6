"""Exports a stored experiment: its trials as CSV, everything as JSON, a page with its charts."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from engine.analysis.comparison import SIGNIFICANCE
from engine.errors import ExportError
from engine.experiments.fields import experiment_details, varied_text
from engine.experiments.outcomes import Outcomes, outcomes_over
from engine.experiments.statistics import SettingSummary, in_order
from engine.experiments.stored_experiment import StoredExperiment
from engine.hyperparameters import specification_of
from engine.sentences import N_
from engine.storage.checkpoint import replacing_file
from engine.storage.export.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, ticks
from engine.storage.export.html import page, safe_text, table
from engine.storage.files import atomic_write

MAX_LABELS = 8
"""Values that are written below a chart; of more, some."""


def export_experiment(experiment: StoredExperiment, file: Path) -> None:
    """Write an experiment to a file of the kind that its ending says; one that is there is replaced.

    Raises:
        ExportError: when it is of no kind that there is.
        CheckpointError: when it cannot be written.
    """
    if file.suffix.lower() not in KINDS:
        raise ExportError(
            N_("The format of {path} is not known; its ending must be one of {endings}."),
            path=file,
            endings=" ".join(KINDS),
        )
    content = KINDS[file.suffix.lower()](experiment).encode("utf-8", "replace")  # a lone surrogate is no text
    with replacing_file(file), atomic_write(file) as opened:
        opened.write(content)


def to_csv(experiment: StoredExperiment) -> str:
    """Return one row a trial, under a row of names; a figure that does not exist is an empty cell."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = [dimension.name for dimension in experiment.plan.space]
    rows.writerow(["trial", *names, "seed", "run", "epochs", "best_validation_accuracy", "pruned"])
    for trial in experiment.trials:
        if trial.is_over:
            values = (specification_of(name).format(trial.values[name]) for name in names)
            pruned = int(trial.state == "pruned")
            figures = trial.seed, trial.run, trial.epochs, trial.accuracy(), pruned
            rows.writerow([trial.number, *values, *figures])
    return text.getvalue()


def to_document(experiment: StoredExperiment) -> str:
    """Return the whole experiment as one JSON object, as `experiment show --json` prints it."""
    return json.dumps(experiment_details(experiment), allow_nan=False, indent=1) + "\n"


def to_html(experiment: StoredExperiment) -> str:
    """Return the report, in English: result, a chart for each varied hyperparameter, all settings."""
    record, plan = experiment.record, experiment.plan
    title = record.name or record.id
    charts = (outcome_chart(outcomes_over(d, experiment.trials)) for d in plan.space)
    return page(
        title,
        [
            f"<h1>{safe_text(title)}</h1>",
            f"<p>Experiment {safe_text(record.id)}, {record.state}.</p>",
            "<h2>Result</h2>",
            table(_result(experiment)),
            "<h2>Outcome over what was varied</h2>",
            f'<div class="charts">{"".join(charts)}</div>',
            "<p>Best validation accuracy of each trial that was not dropped; the line joins the means.</p>",
            "<h2>Settings</h2>",
            _settings(experiment),
            "<h2>What did not vary</h2>",
            table(
                (name, specification_of(name).format(getattr(plan.base, name)) or "none")
                for name in plan.base.to_mapping()
                if name not in [d.name for d in plan.space] and name != "seed"
            ),
        ],
    )


KINDS: dict[str, Callable[[StoredExperiment], str]] = {
    ".csv": to_csv,
    ".json": to_document,
    ".html": to_html,
}


def _result(experiment: StoredExperiment) -> Iterable[tuple[str, str]]:
    """Yield what was tried, and what came of it."""
    plan, summaries = experiment.plan, experiment.summaries
    yield "What varies", "  ".join(map(varied_text, plan.space))
    yield "Search", plan.search + (", with halving" if plan.halving else "")
    yield "Settings tried", f"{len(summaries):,}, each with seeds {plan.base.seed} to {plan.seed(plan.seeds)}"
    yield "Trials that have ended", f"{sum(t.is_over for t in experiment.trials):,} of {plan.trials:,}"
    best = next((summary for summary in summaries if summary.is_best), None)
    if best is None or best.mean is None:
        yield "Best setting", "none so far"
        return
    yield "Best setting", _setting(best)
    yield "Its mean validation accuracy", f"{_mean(best)}; too good, as the best of many is"
    if known := [accuracy for accuracy in experiment.test_accuracies if accuracy is not None]:
        yield "Test accuracy of its networks", ", ".join(f"{accuracy:.2%}" for accuracy in known)
    if experiment.test_looks is not None:
        yield "Networks evaluated on this test set until then", f"{experiment.test_looks:,}"
    level = [s for s in summaries if s.is_indistinguishable and not s.is_best]
    test = f"by the paired t test over the seeds, corrected by Holm's method, at {SIGNIFICANCE:.0%}"
    test = test if plan.seeds > 1 else "one seed can tell none"
    yield "Settings that cannot be told from it", f"{len(level):,} ({test})"


def _settings(experiment: StoredExperiment) -> str:
    """Return a table of the settings, the best first."""
    names = [dimension.name for dimension in experiment.plan.space]
    head = "".join(f"<th>{word}</th>" for word in (*names, "mean", "95 % interval", "seeds", "p", ""))
    lines = [f"<tr>{head}</tr>"]
    for summary in in_order(experiment.summaries):
        interval = "" if summary.low is None else f"{summary.low:.2%} to {summary.high:.2%}"
        p = "" if summary.p_value is None else f"{summary.p_value:.2g}"
        cells = [specification_of(name).format(summary.values[name]) or "none" for name in names]
        cells += [_mean(summary), interval, str(len(summary.accuracies)), p, _remark(summary)]
        row = "".join(f"<td>{safe_text(cell)}</td>" for cell in cells)
        lines.append(('<tr class="changed">' if summary.is_best else "<tr>") + row + "</tr>")
    return f'<div class="wide"><table class="n">{"".join(lines)}</table></div>'


def _remark(summary: SettingSummary) -> str:
    if summary.is_best:
        return "best"
    if summary.dropped_after is not None:
        return f"dropped after epoch {summary.dropped_after}"
    if not summary.is_finished:
        return "not finished"
    return "cannot be told from the best" if summary.is_indistinguishable else "worse"


def _setting(summary: SettingSummary) -> str:
    return ", ".join(
        f"{name} {specification_of(name).format(value) or 'none'}" for name, value in summary.values.items()
    )


def _mean(summary: SettingSummary) -> str:
    if summary.mean is None:
        return "none"
    return f"{summary.mean:.2%}" + ("" if summary.std is None else f" (deviation {summary.std:.2%})")


def outcome_chart(outcomes: Outcomes) -> str:
    """Return a chart: a dot for each trial, and a line through the means."""
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="accuracy over {outcomes.name}">'
    head += f'<text class="title" x="{LEFT}" y="18">Validation accuracy over {escape(outcomes.name)}</text>'
    points = outcomes.outcomes
    if not points:
        return f'{head}<text x="{LEFT}" y="{HEIGHT // 2}">There are no figures to draw.</text></svg>'
    places = [math.log(point.place) if outcomes.is_logarithmic else point.place for point in points]
    values = [100 * accuracy for point in points for accuracy in point.accuracies]
    rows = ticks(min(values), max(values))

    def x(place: float) -> float:
        share = (place - min(places)) / (max(places) - min(places)) if len(set(places)) > 1 else 0.5
        return round(LEFT + 20 + share * (WIDTH - LEFT - RIGHT - 40), 1)

    def y(accuracy: float) -> float:
        share = (100 * accuracy - rows[0]) / (rows[-1] - rows[0])
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    parts = [head]
    for value in rows:
        at = y(value / 100)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{value:g}%</text>')
    every = -(-len(points) // MAX_LABELS)
    for number, (place, point) in enumerate(zip(places, points, strict=True)):
        if number % every == 0:
            parts.append(
                f'<text class="tick" x="{x(place)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
                f"{escape(point.text)}</text>"
            )
        parts += [f'<circle class="dot c0" cx="{x(place)}" cy="{y(a)}" r="3"/>' for a in point.accuracies]
    if outcomes.is_numeric:
        line = " ".join(f"{x(place)},{y(p.mean)}" for place, p in zip(places, points, strict=True))
        parts.append(f'<polyline class="curve c1" points="{line}"/>')
    else:
        parts += [
            f'<line class="curve c1" x1="{x(place) - 12}" x2="{x(place) + 12}" y1="{y(p.mean)}" '
            f'y2="{y(p.mean)}"/>'
            for place, p in zip(places, points, strict=True)
        ]
    return "".join(parts) + "</svg>"
