"""What a test asks of a data set that is read: what is complained of, and what was decided."""

import pytest

from engine.data.dataset import Dataset, load_dataset
from engine.data.location import Location
from engine.errors import DataError


def complaint(place: Location) -> str:
    """Return the one sentence with which a data set is refused."""
    with pytest.raises(DataError) as caught:
        load_dataset(place)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def decisions(data: Dataset) -> str:
    """Return the decisions that were taken, as one text."""
    return " ".join(map(str, data.decisions))
