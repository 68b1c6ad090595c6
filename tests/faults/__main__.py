"""The fault driver: what must not lose a run is done to runs, and told line by line.

Exit status 1 if anything went wrong.
"""

import sys
import time
from collections.abc import Callable, Iterator

import click

from tests.faults.disk import disk
from tests.faults.hours import hours
from tests.faults.kill import kill
from tests.faults.mutations import mutations
from tests.faults.reporting import Trial
from tests.faults.signals import signals

CASES: dict[str, Callable[[int, int], Iterator[Trial]]] = {
    "kill": kill,
    "signals": signals,
    "disk": disk,
    "mutations": mutations,
    "hours": hours,
}


@click.command(help=__doc__)
@click.argument("cases", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--kills", default=50, show_default=True, help="How often a run is killed.")
@click.option("--seed", default=0, show_default=True, help="What decides every random moment and byte.")
def main(cases: tuple[str, ...], kills: int, seed: int) -> None:
    failed = False
    for case in cases or CASES:
        click.echo(f"{case} (seed {seed})")
        before = time.monotonic()
        for trial in CASES[case](kills, seed):
            click.echo(str(trial))
            failed |= bool(trial.failures)
        click.echo(f"  {time.monotonic() - before:.0f} s")
    click.echo("something FAILED" if failed else "all as it must be")
    sys.exit(failed)


if __name__ == "__main__":
    main()
