"""Where arrays begin."""

import numpy as np
import pytest

from engine.aligned_arrays import CACHE_LINE, aligned_empty, aligned_zeros


@pytest.mark.parametrize("shape", [(1,), (3, 5), (64, 784), (0, 7)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_arrays_begin_a_cache_line(shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    made = [aligned_empty(shape, dtype) for _ in range(20)] + [aligned_zeros(shape, dtype)]
    for array in made:
        assert array.shape == shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.ctypes.data % CACHE_LINE == 0 or not array.size
    assert not made[-1].any()


def test_arrays_share_no_memory() -> None:
    first, second = aligned_zeros((10,), np.float32), aligned_zeros((10,), np.float32)
    first += 1.0
    assert not second.any()
