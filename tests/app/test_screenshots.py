"""The pictures for the documentation can be drawn, each of something else."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import QCoreApplication
from PyQt5.QtGui import QImage
from screenshots import KEPT, SCENES


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_drawn(qtbot, tmp_path, name):
    picture = tmp_path / f"{name}.png"
    SCENES[name]().save(picture)
    QCoreApplication.processEvents()
    image = QImage(str(picture))
    assert image.width() >= 700
    assert picture.stat().st_size < 200_000


def test_those_in_the_documentation_are_among_them():
    assert set(KEPT) <= set(SCENES)
