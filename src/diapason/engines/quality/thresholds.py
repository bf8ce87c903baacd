"""Every threshold of the quality engine, in one place, with what it means.

Fixed on generated tables (`benchmarks/quality.py`, the sets whose names begin with `made`) and then checked, without
change, on real sets (ccpp, tep, skab, steel-energy, ai4i, fd001, beers, hospital) with defects planted and as they are.
"""

from dataclasses import dataclass

__all__ = ["THRESHOLDS", "Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as a defect. All of them are shares, counts of rows, or multiples of a robust spread."""

    # memory: what is kept while a table streams by
    sample_rows: int = 65_536  # rows kept to learn what is normal
    stretch: int = 1_024  # rows that are kept or left together, so that neighbours stay neighbours
    twin_rows: int = 2_000_000  # row digests kept for duplicates; above it a known share of all digests is kept
    word_values: int = 100_000  # distinct values counted per column; above it the column is free text
    rows_named: int = 10_000  # rows a finding names
    blocks: int = 4_096  # windows per column in which level and resolution are followed

    # missing
    code_gap: float = 1.0  # a code stands this many 5-95 % ranges outside of the rest
    code_count: int = 3  # fewer equal values are no code
    missing_look: float = 0.01  # share of missing cells that deserves a look
    missing_act: float = 0.20

    # duplicates
    chance: float = 0.2  # duplicates are reported when chance explains less than this share of them

    # tails: a cell is suspicious where a Weibull tail through the middle of the data expects fewer than `alpha` cells
    alpha: float = 0.01
    least: float = 4.5  # and never below this many robust standard deviations
    valley: float = 0.5  # how much of what lies beyond the limit a natural tail must not explain (`sure`)

    decline: float = 0.6  # a natural tail keeps at most this share from one quarter of the limit to the next
    single: float = 1.5  # one cell alone must be that many limits away
    range_size: float = 2.0  # few values far from the others, with no other objection, must be that many limits away

    # order
    smooth: float = 0.75  # median step / median deviation below which the row order of a column means something
    ordered: float = 0.3  # share of such columns that makes a table without time an ordered one

    # stuck
    stuck_rows: int = 16  # shorter runs of one value are never reported
    stuck_alpha: float = 1e-4  # expected number of runs that long in the whole column
    stuck_rest: int = 3  # a value with this many long runs is a resting state (stopped, closed, set-point)
    stuck_still: float = 0.2  # the others' activity, against usual, below which the plant stood still
    held: float = 0.9  # share of repeats above which a column is set, not measured

    # saturation
    pile: float = 5.0  # how many times more often the end value is met than its neighbours
    pile_count: int = 20
    pile_share: float = 0.002

    # units and scales
    unit_cells: int = 3  # cells that one change of unit must explain
    unit_share: float = 0.25  # share of the suspicious cells of a column that it must explain
    unit_decoy: float = 3.0  # times more cells than factors nobody uses explain

    either: float = 0.3  # share of the cells of exchanged columns that are suspicious by themselves
    both: float = 0.7  # the same where they lie in one stretch

    # relations
    related: float = 0.2  # explained variance from which other columns say something about a column
    suspects: int = 3  # cells of one row that can be wrong; more is an event of the process
    together: float = 0.1  # share of columns that stand off their neighbours in one row from which it is an event

    # windows
    window_rows: int = 48  # a window shorter than this is a group of cells
    level: float = 3.0  # change of level, in standard deviations of a row, that is reported
    level_fit: float = 0.5  # share of the variation of block means that the change of level must explain, or
    level_sharp: float = 0.7  # both its edges must be this share of it within two blocks
    ramp: float = 4.0  # change along a drift, likewise
    steady: float = 0.6  # explained variance from which a column that wanders can be said to drift
    ramp_fit: float = 0.7  # share of the variation of block means that the drift must explain
    alone: float = 0.12  # share of columns that may move together before it is the process that moved

    # clock
    gap_steps: float = 3.0  # a step this many times the usual one is a gap
    jitter: float = 0.10  # share of steps off the usual one by more than 10 % that makes a clock unsteady

    # constant and resolution
    near_constant: float = 0.998
    coarse: float = 0.98  # share of values on a ten times coarser grid that makes a block coarse

    # labels and leaks
    leak_error: float = 0.01  # share of target variance or of rows a leak leaves unexplained
    flag_implies: float = 0.98  # share of a flag's rows with one target value that makes it a part of the target
    rule_breaks: float = 0.10  # share of exceptions up to which a rule is one
    family: float = 0.6  # share of sister flags that must imply the target before an odd one is reported

    # words
    typo_ratio: float = 8.0  # how many times more frequent the right spelling is
    typo_length: int = 5  # shorter words have neighbours of one letter by right
    depends: float = 0.8  # reduction of error that makes one category depend on another
    depends_group: int = 3
    depends_share: float = 0.7  # of a group that must agree before its exceptions are reported
    depends_columns: int = 24


THRESHOLDS = Thresholds()
"""The only set in use; tests and benchmarks may pass another."""
