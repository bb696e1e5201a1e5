"""Real data sets, shipped with the course so that nothing is downloaded.

The files, their licences and where they come from are in ``dlcourse/engine/datasets``.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Digits", "Penguins", "digits", "penguins"]

MEASUREMENTS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")


@dataclass(frozen=True, eq=False)
class Penguins:
    """The Palmer penguins, one row a bird.

    Attributes
    ----------
    features : array of shape (n, 4)
        The four measurements, in the units that their names end with.
    feature_names : tuple of str
        The names of the columns of ``features``.
    species : array of n integers
        What to predict: a position in ``species_names``.
    species_names : tuple of str
        ``("Adelie", "Chinstrap", "Gentoo")``.
    island, sex : arrays of n strings
        Where the bird lives, and "female", "male" or "" where nobody knows.
    year : array of n integers
        The year of the measurement.
    """

    features: NDArray[np.float64]
    feature_names: tuple[str, ...]
    species: NDArray[np.int64]
    species_names: tuple[str, ...]
    island: NDArray[np.str_]
    sex: NDArray[np.str_]
    year: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.species)

    def __repr__(self) -> str:
        return f"<{len(self)} penguins: {', '.join(self.species_names)}; {', '.join(self.feature_names)}>"


def penguins(missing: Literal["drop", "nan"] = "drop") -> Penguins:
    """Load the Palmer penguins: 344 birds, three species, four measurements each.

    Collected by Dr. Kristen Gorman and the Palmer Station LTER; in the public domain (CC0). Every call
    reads the file anew, so the arrays are yours to change.

    Parameters
    ----------
    missing : {"drop", "nan"}
        Two birds were not measured. ``"drop"`` leaves them out, ``"nan"`` keeps them with NaN.

    Returns
    -------
    Penguins

    Examples
    --------
    >>> import dlcourse as dl
    >>> birds = dl.data.penguins()
    >>> birds.features.shape
    (342, 4)
    >>> birds.species_names[birds.species[0]]
    'Adelie'
    >>> len(dl.data.penguins(missing="nan"))
    344
    """
    if missing not in ("drop", "nan"):
        raise ValueError(f'penguins: missing={missing!r} is not known; use "drop" or "nan".')
    source = resources.files("dlcourse.engine") / "datasets" / "penguins.csv"
    rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
    features = np.array([[float(row[name].replace("NA", "nan")) for name in MEASUREMENTS] for row in rows])
    if missing == "drop":
        complete = np.isfinite(features).all(axis=1)
        features = features[complete]
        rows = [row for row, keep in zip(rows, complete, strict=True) if keep]
    names = sorted({row["species"] for row in rows})
    return Penguins(
        features=features,
        feature_names=MEASUREMENTS,
        species=np.array([names.index(row["species"]) for row in rows], dtype=np.int64),
        species_names=tuple(names),
        island=np.array([row["island"] for row in rows]),
        sex=np.array([row["sex"].replace("NA", "") for row in rows]),
        year=np.array([int(row["year"]) for row in rows], dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class Digits:
    """Handwritten digits, one picture a row.

    Attributes
    ----------
    images : array of shape (n, 8, 8)
        How much ink there is, 0 (none) to 16; row 0 is the top of the picture.
    labels : array of n integers
        The digit, 0 to 9.
    """

    images: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<{len(self)} handwritten digits, 8 × 8, ink from 0 to 16>"


def digits() -> Digits:
    """Load 1,797 handwritten digits, 8 × 8: the test set of UCI's *Optical Recognition of Handwritten Digits*.

    Collected by E. Alpaydin and C. Kaynak (1998); CC BY 4.0. Every call reads the file anew, so the arrays are
    yours to change.

    Returns
    -------
    Digits

    Examples
    --------
    >>> import dlcourse as dl
    >>> handwritten = dl.data.digits()
    >>> handwritten
    <1797 handwritten digits, 8 × 8, ink from 0 to 16>
    >>> handwritten.labels[:4].tolist(), handwritten.images[0, 0].tolist()
    ([0, 1, 2, 3], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0])
    """
    source = resources.files("dlcourse.engine") / "datasets" / "digits.csv.gz"
    table = np.loadtxt(gzip.decompress(source.read_bytes()).decode("ascii").splitlines(), delimiter=",")
    return Digits(images=table[:, :64].reshape(-1, 8, 8).copy(), labels=table[:, 64].astype(np.int64))
