"""The study in Optuna's storage: opened, gone on with, and run trial by trial."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import optuna
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from tinyedge.errors import ConfigError
from tinyedge.tuning import worker
from tinyedge.tuning.sampler import Repeatable
from tinyedge.tuning.trial import Outcome

#: accuracy, latency, flash, RAM
DIRECTIONS: tuple[Literal["maximize", "minimize"], ...] = ("maximize", *("minimize",) * 3)
_STARTUP = 8  # trials at random, before TPE learns from them
_HEARTBEAT_S, _GRACE_S = 20, 120  # of a worker on another machine
_WORKER, _FOLDER, _EXCEEDS, _NEEDS, _KEY = "worker", "folder", "exceeds", "needs", "key"
_SQLITE_WAIT_S = 60  # until another worker has written
_ATTEMPTS, _PAUSE_S = 4, 0.5  # to open a storage

Drawn = Mapping[str, Any]
Judge = Callable[[Drawn, int], Outcome]
"""Runs a trial: what was drawn, and the number of its folder."""


@dataclass(frozen=True, eq=False)
class Kept:
    """A trial as the storage has it."""

    number: int
    state: str
    drawn: Drawn
    values: tuple[float, ...] | None
    exceeds: str
    needs: Mapping[str, Any]


def open_study(url: str, name: str, key: str, seed: int) -> Study:
    """Create the study, or go on with it. ``key``: digest of what its trials depend on.

    Raises ConfigError for a storage that cannot be used, or a study of something else.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(
            storage=_shared(url),
            sampler=Repeatable(seed, _STARTUP),
            study_name=name,
            directions=list(DIRECTIONS),
            load_if_exists=True,
        )
        known = study.user_attrs.get(_KEY)
        if known is None:
            study.set_user_attr(_KEY, key)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise ConfigError(
            f"--storage {shown(url)}: {str(error).splitlines()[0]}",
            "write a URL as SQLAlchemy has it, e.g. sqlite:///search.sqlite or "
            "postgresql://user:password@host/name, and install the driver that it needs",
        ) from error
    if known not in (None, key):
        raise ConfigError(
            f'{shown(url)}: the study "{name}" is of another recipe, board or version',
            "begin another with --study NAME",
        )
    return study


def shown(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return url


def run(study: Study, trials: int, judge: Judge, draw: Callable[[Trial], Drawn]) -> bool:
    """Run one trial, if fewer than ``trials`` are done or being done; say whether there was one.

    Trials of workers that are gone are begun again first. Stopped by Ctrl-C, the trial waits to
    be begun again.
    """
    revive(study)
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    taken = sum(state in (*_DONE, TrialState.RUNNING) for state in states)
    if TrialState.WAITING not in states and taken >= trials:
        return False
    begun: list[Trial] = []

    def objective(trial: Trial) -> tuple[float, ...]:
        begun.append(trial)
        trial.set_user_attr(_WORKER, worker.identity())
        folder = trial.user_attrs.get(_FOLDER, trial.number)
        trial.set_user_attr(_FOLDER, folder)
        return _judged(trial, judge(draw(trial), folder))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            study.optimize(objective, n_trials=1)
        except KeyboardInterrupt:
            if begun:
                _again(study, study.trials[begun[0].number])
            raise
    return True


_DONE = (TrialState.COMPLETE, TrialState.PRUNED)


def done(study: Study) -> int:
    """How many trials are complete or pruned."""
    return len(study.get_trials(deepcopy=False, states=_DONE))


def revive(study: Study) -> None:
    """Let the trials of workers that are gone wait to be begun again, with the same draws.

    Those of this machine are known by their process; those of others are told by Optuna, which
    hears nothing of them for a while.
    """
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if not _is_gone(trial):
            continue
        try:
            study.tell(trial.number, state=TrialState.FAIL)
        except ValueError:  # another worker was faster
            continue
        _again(study, trial)


def kept(study: Study) -> list[Kept]:
    """All trials but those that were begun again or wait for it, by number."""
    names = {
        TrialState.COMPLETE: "complete",
        TrialState.PRUNED: "pruned",
        TrialState.RUNNING: "running",
    }
    return [
        Kept(
            number=trial.number,
            state=names[trial.state],
            drawn=trial.params,
            values=None if trial.values is None else tuple(trial.values),
            exceeds=trial.user_attrs.get(_EXCEEDS, ""),
            needs=trial.user_attrs.get(_NEEDS, {}),
        )
        for trial in study.get_trials(deepcopy=False, states=tuple(names))
    ]


def front(study: Study) -> set[int]:
    """Numbers of the trials that no other is better than in all objectives."""
    return {trial.number for trial in study.best_trials}


def _judged(trial: Trial, outcome: Outcome) -> tuple[float, ...]:
    """Tell the storage; raise TrialPruned for what does not fit."""
    needs = outcome.needs
    found = {"latency": needs.latency, "flash": needs.flash, "ram": needs.ram}
    trial.set_user_attr(_NEEDS, found)
    trial.set_user_attr(_EXCEEDS, outcome.exceeds)
    trial.set_constraint("room", 1.0 if outcome.exceeds else 0.0)
    if outcome.accuracy is None or needs.latency is None or needs.ram is None:
        raise optuna.TrialPruned(outcome.exceeds)
    return outcome.accuracy, needs.latency, float(needs.flash), float(needs.ram)


def _again(study: Study, trial: FrozenTrial) -> None:
    """Queue a trial with the draws and the folder of one that did not end."""
    folder = trial.user_attrs.get(_FOLDER, trial.number)
    study.enqueue_trial(trial.params, user_attrs={_FOLDER: folder})


def _is_gone(trial: FrozenTrial) -> bool:
    """Whether its worker has ended; one that has not even said who it is gets some time."""
    known = trial.user_attrs.get(_WORKER)
    if known is not None:
        return worker.is_gone(known)
    began = trial.datetime_start
    return began is not None and datetime.now() - began > timedelta(seconds=_GRACE_S)


def _shared(url: str) -> RDBStorage:
    """The storage; where another worker makes its tables just now, a moment later."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _storage(url)
        except DatabaseError:
            time.sleep(_PAUSE_S)
    return _storage(url)


def _storage(url: str) -> RDBStorage:
    sqlite = url.startswith("sqlite")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RDBStorage(
            url,
            engine_kwargs={"connect_args": {"timeout": _SQLITE_WAIT_S}} if sqlite else None,
            heartbeat_interval=_HEARTBEAT_S,
            grace_period=_GRACE_S,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )
