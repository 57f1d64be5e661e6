"""The links of an HDF5 file: hard ones lead to what is in it; all others may lead to another file, now or later."""

from __future__ import annotations

from collections.abc import Iterator

import h5py

MOST_LINKS = 4096
"""A recording has some fifty."""


def leading_out(root: h5py.Group) -> Iterator[str]:
    """The path of every link that is not hard, wherever it is and whether anybody reads it or not.

    Raises :class:`ValueError` when there are more links than a recording could have.
    """
    groups, seen, links = [("", root.id)], {h5py.h5o.get_info(root.id).addr}, 0
    while groups:
        path, group = groups.pop()
        links += len(group)
        if links > MOST_LINKS:
            raise ValueError("it has more in it than a recording has")
        for name in group:
            inner = f"{path}/{name.decode(errors='replace')}"
            if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
                yield inner
                continue
            found = h5py.h5o.get_info(group, name)
            if found.type == h5py.h5o.TYPE_GROUP and found.addr not in seen:  # hard links may lead in circles
                seen.add(found.addr)
                groups.append((inner, h5py.h5g.open(group, name)))
