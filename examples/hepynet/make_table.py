"""Toy events of Z' to four leptons and its backgrounds, as a feather table like those that Hepynet reads."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
from pyarrow import feather

#: Mass of the signal of each sample; what is not listed is background, whose ``m_truth`` means nothing.
SAMPLES = {
    "bkg_qcd": None,
    "bkg_ggZZ": None,
    "sig_Zp042": 42.0,
    "sig_Zp045": 45.0,
    "sig_Zp048": 48.0,
    "sig_Zp051": 51.0,
    "sig_Zp054": 54.0,
}


def make_table(num_rows: int, seed: int = 1) -> pa.Table:
    """Return ``num_rows`` events of all samples in random order."""
    rng = np.random.default_rng(seed)
    names = list(SAMPLES)
    sample = rng.choice(len(names), num_rows, p=[0.4, 0.2, 0.05, 0.08, 0.1, 0.12, 0.05])
    mass = np.array([np.nan if value is None else value for value in SAMPLES.values()])[sample]
    is_signal = np.isfinite(mass)
    leptons = 5 - np.sort(-rng.exponential(np.where(is_signal, 35, 20)[:, np.newaxis], (num_rows, 4)), axis=1)
    m_one = np.where(is_signal, rng.normal(91, 3, num_rows), rng.normal(85, 12, num_rows))
    m_two = np.where(is_signal, rng.normal(np.nan_to_num(mass), 1.5), rng.uniform(12, 80, num_rows))
    columns = {
        "sample_name": [names[index] for index in sample],
        "is_sig": is_signal.astype(np.int32),
        "weight": rng.normal(np.where(is_signal, 0.02, 1.5), 0.8).astype(np.float64),
        "m_truth": np.where(is_signal, mass, -999.0).astype(np.float32),
        "mz1": m_one.astype(np.float32),
        "mz2": m_two.astype(np.float32),
        "mz1_mz2": (m_one - m_two).astype(np.float32),
        "ptz1": rng.exponential(40, num_rows).astype(np.float32),
        "ptz2": rng.exponential(30, num_rows).astype(np.float32),
        "mzz": (m_one + m_two + rng.exponential(40, num_rows)).astype(np.float32),
        "ptzz": rng.exponential(35, num_rows).astype(np.float32),
        "ll_m": rng.uniform(100, 250, num_rows).astype(np.float32),
    }
    columns |= {f"ptl{index + 1}": leptons[:, index].astype(np.float32) for index in range(4)}
    return pa.table(columns)


if __name__ == "__main__":
    feather.write_feather(make_table(20_000), sys.argv[1] if len(sys.argv) > 1 else "events.feather")
