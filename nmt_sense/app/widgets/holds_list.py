"""The holds of this session, newest first."""

from __future__ import annotations

import math

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QSize, Qt

from nmt_sense.app.theme import DARK, Theme, colour, font, mixed
from nmt_sense.app.widgets.quiet_table import QuietTable
from nmt_sense.coaching.metrics import unsure
from nmt_sense.coaching.state import HoldState, PhaseKind
from nmt_sense.coaching.technique import Technique
from nmt_sense.holds import PRESSED, Hold, HoldEnd, Kind
from nmt_sense.moment.picture import Tone, half_width, number
from nmt_sense.state import LiveState
from nmt_sense.units import minutes_seconds

FORCE, TIME = 2, 3
HEADINGS = ("", "at", "N", "time", "sag", "end", "pain", "score")
FORCES = {Kind.HOLD: "mean N", Kind.FOLLOW: "mean N", Kind.RAMP: "result N", Kind.STROKE: "peak N"}
"""What stands in the column of forces where all rows are of one kind."""
ONE_KIND = {Kind.HOLD: "in band", Kind.FOLLOW: "in band", Kind.RAMP: "N/s", Kind.STROKE: "lasted"}
"""What stands in the column of times where all rows are of one kind."""
MEANINGS = (
    "Number of the hold",
    "When it began",
    "Mean force in the band, with its uncertainty (of the hold going on in proportion to that of the newest force); "
    "of a trial the force reported, or of a maximum the largest held, of a stroke its peak",
    "Time held in the band; of a stroke and of a timed phase how long it lasted; "
    "of a trial its loading rate, N/s, as sure as its force, with a sign when out of its limits",
    "Change of force across the hold",
    "How it ended",
    "First and last pain reported in it",
    "100 minus deductions, which nmt-sense holds names; in brackets where the force is less sure than the band is wide",
)
ENDS = {
    HoldEnd.COMPLETED: "done",
    HoldEnd.RELEASED: "let go",
    HoldEnd.CLIENT_STOP: "client",
    HoldEnd.RECORDING_ENDED: "still held",
    HoldEnd.EASED: "eased",
    HoldEnd.BARRIER: "gave way",
    HoldEnd.REPORTED: "reported",
    HoldEnd.WITHDRAWN: "undone",
    HoldEnd.NO_DATA: "no data",
    HoldEnd.PAIN_CEILING: "pain",
    HoldEnd.PAIN_ROSE: "pain rose",
    HoldEnd.LIMIT: "limit",
    HoldEnd.OPERATOR: "next",
}
COLUMNS = (22, 42, 0, 55, 50, 65, 56, 38)
"""Pixels for letters at 1366 × 768: two digits of holds, an hour and a half, a change by three digits, two pains."""
AIR = 6
"""Pixels of a cell, at any scale, that Qt leaves free of letters."""
IN_CONTACT = (HoldState.LOADING, HoldState.IN_BAND, HoldState.LEFT_BAND)


def hold_row(hold: Hold, plan: Technique | None = None) -> tuple[str, ...]:
    """A finished hold in words, one per column; ``plan`` knows the tolerance of a template."""
    return (
        str(hold.number),
        minutes_seconds(hold.start_s),
        _force(hold),
        _time(hold),
        _sag(hold),
        ENDS[hold.end],
        pain_text(hold),
        _score(hold, plan),
    )


def _score(hold: Hold, plan: Technique | None) -> str:
    if math.isnan(hold.score):
        return ""
    return f"({number(hold.score)})" if unsure(hold, plan) else number(hold.score)


def time_heading(kinds: set[Kind]) -> str:
    """What the column of times shows when these kinds of rows stand in it."""
    names = {ONE_KIND.get(kind, "lasted") for kind in kinds}
    if len(names) == 1:
        return names.pop()
    return "time, N/s" if Kind.RAMP in kinds else HEADINGS[TIME]


def force_heading(kinds: set[Kind]) -> str:
    """Which of its forces the column shows when these kinds of rows stand in it: never that of this moment."""
    names = {FORCES[kind] for kind in kinds if kind in FORCES}
    return names.pop() if len(names) == 1 else HEADINGS[FORCE]


def blinded(row: tuple[str, ...]) -> tuple[str, ...]:
    """The same row without what a force could be read from."""
    return (*row[:2], "–", "–", "–", row[5], row[6], "–")


def pain_text(hold: Hold) -> str:
    """First and last pain; empty without."""
    if math.isnan(hold.pain_first):
        return ""
    first, last = f"{hold.pain_first:g}", f"{hold.pain_last:g}"
    return first if first == last else f"{first}→{last}"


def _force(hold: Hold) -> str:
    if hold.kind is Kind.RAMP:
        return _mean(hold.report_n, hold.report_uncertainty_n)
    if hold.kind is Kind.STROKE:
        return _mean(hold.peak_n, hold.peak_uncertainty_n)
    if hold.kind not in PRESSED:
        return "–"
    return _mean(hold.mean_n, hold.mean_uncertainty_n)


def _time(hold: Hold) -> str:
    if hold.kind is Kind.RAMP:
        return f"⚠{_rate(hold.ramp_n_per_s)}" if hold.rate_out == 1 else _rate(hold.ramp_n_per_s)
    if hold.kind is Kind.STROKE:
        return f"{number(hold.end_s - hold.start_s, 1)} s"
    lasted = hold.in_band_s if hold.kind in (Kind.HOLD, Kind.FOLLOW) else hold.end_s - hold.start_s
    return minutes_seconds(lasted) + ("*" if hold.missing_s > 0 else "")


def _rate(n_per_s: float) -> str:
    return "–" if math.isnan(n_per_s) else number(n_per_s, 1)


def now_row(state: LiveState) -> tuple[str, ...]:
    """The hold going on, one word per column."""
    progress, kind = state.progress, _kind(state)
    share = state.contact_uncertainty_n / state.contact_n if state.contact_n > 0 else math.nan
    held = minutes_seconds(progress.in_band_s) + ("*" if progress.missing_s > 0 else "")
    force = _mean(progress.mean_n, share * progress.mean_n) if kind in (Kind.HOLD, Kind.FOLLOW) else "–"
    if kind is Kind.STROKE:
        held = "–"
    elif kind is Kind.RAMP and state.situation is not None:
        held = _rate(state.situation.rate_n_per_s)
    return (str(progress.number), "now", force, held, "–", "", "", "")


def _mean(newtons: float, half_n: float) -> str:
    if math.isnan(newtons):
        return "–"
    digits = number(newtons, 1 if newtons < 10 else 0)
    return digits if math.isnan(half_n) else f"{digits} {half_width(half_n)}"


def _sag(hold: Hold) -> str:
    if math.isnan(hold.mean_n) or not hold.mean_n or math.isnan(hold.sag_n):
        return "–"
    percent = number(100 * hold.sag_n / hold.mean_n)
    return f"{percent if percent[0] in '−0' else '+' + percent} %"


class HoldsModel(QAbstractTableModel):
    """Rows of words; the hold going on stands first."""

    def __init__(self) -> None:
        super().__init__()
        self._holds: tuple[Hold, ...] = ()
        self._rows: list[tuple[str, ...]] = []
        self._now = self._hidden = False
        self.theme, self.pixels, self.tone_code = DARK, 15, DARK.neutral
        self.headings = list(HEADINGS)

    def show(self, state: LiveState, hidden: bool = False) -> None:
        """Take the finished holds and the one going on; ``hidden`` keeps their numbers back."""
        holds, progress = state.holds, state.progress
        now = progress.state in IN_CONTACT and progress.number > 0
        first = blinded(now_row(state)) if hidden else now_row(state)
        if holds != self._holds or now != self._now or hidden != self._hidden:
            made = [hold_row(hold, state.plan) for hold in reversed(holds)]
            rows = [blinded(row) for row in made] if hidden else made
            self.beginResetModel()
            self._holds, self._now, self._hidden = holds, now, hidden
            self._rows = [first, *rows] if now else rows
            kinds = {hold.kind for hold in holds} | ({_kind(state)} if now else set())
            self.headings[FORCE], self.headings[TIME] = force_heading(kinds), time_heading(kinds)
            self.endResetModel()
        elif now and self._rows[0] != first:
            self._rows[0] = first
            self.dataChanged.emit(self.index(0, 0), self.index(0, len(HEADINGS) - 1))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """One for each hold."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """One for each fact."""
        return 0 if parent is not None and parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Headings and, as tool tips, what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.headings[section]
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                return MEANINGS[section]
            case Qt.ItemDataRole.TextAlignmentRole:
                return _align(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A word, where it stands and how it looks."""
        now = self._now and index.row() == 0
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._rows[index.row()][index.column()]
            case Qt.ItemDataRole.AccessibleTextRole | Qt.ItemDataRole.ToolTipRole:
                return f"{MEANINGS[index.column()]}: {self._rows[index.row()][index.column()]}"
            case Qt.ItemDataRole.TextAlignmentRole:
                return _align(index.column())
            case Qt.ItemDataRole.FontRole:
                bracketed = self._rows[index.row()][index.column()].startswith("(")
                bold = (index.column() in (0, 7) and not bracketed) or (now and index.column() == TIME)
                return font(self.pixels - (index.column() in (1, 4, 5)), bold=bold)
            case Qt.ItemDataRole.ForegroundRole:
                return colour(self.theme.dim if index.column() in (1, 4, 5) and not now else self.theme.text)
            case Qt.ItemDataRole.BackgroundRole if now:
                return mixed(self.tone_code, self.theme.panel, 0.2)
        return None


def _kind(state: LiveState) -> Kind:
    """Of the press going on."""
    kinds = {PhaseKind.RAMP: Kind.RAMP, PhaseKind.STROKES: Kind.STROKE, PhaseKind.FOLLOW: Kind.FOLLOW}
    return kinds.get(state.situation.kind, Kind.HOLD) if state.situation else Kind.HOLD


def _align(column: int) -> int:
    across = {0: Qt.AlignmentFlag.AlignHCenter, 1: Qt.AlignmentFlag.AlignLeft}
    return Qt.AlignmentFlag.AlignVCenter | across.get(column, Qt.AlignmentFlag.AlignRight)


class HoldsList(QuietTable):
    """A quiet table of the holds."""

    def __init__(self) -> None:
        self.rows = HoldsModel()
        super().__init__(self.rows, "Holds, newest first")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # the newest stand first; arrows lead on
        self.styled()

    def show_holds(self, state: LiveState, tone: Tone, hidden: bool = False) -> None:
        """Show the finished holds and the one going on; without their numbers while blinded."""
        if self.tone(tone) != self.rows.tone_code:
            self.rows.tone_code = self.tone(tone)
            self.rows.layoutChanged.emit()
        self.rows.show(state, hidden)

    def sizeHint(self) -> QSize:
        """The size in the drawing at 1366 × 768."""
        return QSize(self.px(440), self.px(220))

    def minimumSizeHint(self) -> QSize:
        """One row and the headings."""
        return QSize(self.px(200), self.px(70))

    def styled(self) -> None:
        """Apply colours and sizes."""
        theme: Theme = self.theme
        self.rows.theme, self.rows.pixels = theme, self.px(15)
        self.lines.setDefaultSectionSize(self.px(28))
        self.headings.setStyleSheet(
            f"QHeaderView {{ background: {theme.panel}; }}"
            f"QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none;"
            f" padding: 2px; font: {self.px(13)}px Inter; }}"
        )
        self.set_columns(COLUMNS, AIR)
        self.rows.layoutChanged.emit()
