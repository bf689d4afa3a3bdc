"""SurveyTask: counts what factors need, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..transforms import ClassSums, Parametric
from .balancing import balance_of
from .block import BlockReader, Tally
from .job import Job

if TYPE_CHECKING:
    from ..convert.tasks import Record, Task

#: What a pass is for.
SUMS, BALANCE, PARAMETRIC = "sums", "balance", "parametric"


def survey(task: Task) -> Record:
    """Read and judge a share of the inputs; return sums of weights and the histograms of a balance, as JSON."""
    job = Job.read(task.payload["folder"], task.payload["factors"])
    setting, factors, stage = job.setting, job.factors, task.payload["stage"]
    tally = Tally.of(setting)
    sums = ClassSums(setting.classes, setting.sample_names)
    rules, drawn_feature = setting.prepare.balance, setting.prepare.parametric
    balanced = rules.splits if rules is not None and stage == BALANCE else ()
    steps = {name: balance_of(setting, name) for name in balanced if name in setting.splits}
    parametric = None
    if drawn_feature is not None and stage == PARAMETRIC:
        parametric = Parametric(drawn_feature.field, seed=setting.prepare.seed)
    for _, _, _, kept in job.blocks(BlockReader(job.survey, tally), task.payload["slices"]):
        weights, copies = factors.weights(kept), factors.copies(kept)
        drawn = np.repeat(np.arange(len(copies)), copies)
        sums.fit(kept.label[drawn], weights[drawn], kept.sample[drawn])
        for name, step in steps.items():
            mine = kept.split == setting.splits.index(name)
            columns = factors.columns(kept, mine)
            step.fit(columns, kept.label[mine], weights=weights[mine], identity=kept.identity[mine])
        if parametric is not None and drawn_feature is not None:
            source = kept.label[drawn] == setting.classes.index(drawn_feature.source)
            source &= kept.split[drawn] == setting.splits.index("train")
            assert kept.feature is not None
            parametric.fit(kept.feature[drawn][source], weights[drawn][source])
    return {
        "labels": tally.labels.state(),
        "splits": None if tally.splits is None else tally.splits.state(),
        "sums": sums.state(),
        "balance": {name: step.state() for name, step in steps.items()},
        "parametric": None if parametric is None else parametric.state(),
    }
