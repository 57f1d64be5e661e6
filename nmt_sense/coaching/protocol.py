"""How a threshold is measured: what two sittings must have in common, and how many trials make one."""

from __future__ import annotations

import msgspec

from nmt_sense.coaching.phases import RampPhase


class Protocol(msgspec.Struct, frozen=True):
    """What a technique asks for when it measures."""

    measures: str = "threshold"
    trials: int = 1
    discard_first: bool = False
    slowest_n_per_s: float | None = None
    fastest_n_per_s: float | None = None
    rest_s: float | None = None
    """Between two trials."""

    @property
    def counting(self) -> int:
        """So many trials make a threshold."""
        return self.trials - self.discard_first


ONE_TRIAL = Protocol()


def protocol_of(phase: RampPhase) -> Protocol:
    """That of a phase."""
    return Protocol(
        phase.measures, phase.trials, phase.discard_first, phase.slowest_n_per_s, phase.fastest_n_per_s, phase.rest_s
    )


def unlike(one: Protocol, other: Protocol) -> str:
    """What two protocols do not share, in words; empty where they are one."""
    pairs = zip(_told(one), _told(other), strict=True)
    return ", ".join(f"{first} and {second}" for first, second in pairs if first != second)


def _told(protocol: Protocol) -> tuple[str, ...]:
    """Its parts in words. One trial has no rest."""
    rest_s = protocol.rest_s if protocol.trials > 1 else None
    discards = " (the first discarded)" if protocol.discard_first else ""
    return (
        "the threshold then the tolerance" if protocol.measures == "both" else f"the {protocol.measures} alone",
        f"{protocol.trials} trial{'' if protocol.trials == 1 else 's'}{discards}",
        f"{_edge(protocol.slowest_n_per_s)} to {_edge(protocol.fastest_n_per_s)} N/s",
        "no rest" if rest_s is None else f"{rest_s:g} s of rest",
    )


def _edge(rate: float | None) -> str:
    return "any" if rate is None else f"{rate:g}"
