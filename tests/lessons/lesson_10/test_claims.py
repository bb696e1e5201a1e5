"""What lesson 10 says of its figures holds."""

from dlcourse.lesson import files
from tests.lessons.claims import claim

figures = files.figures("10")


@claim("10", "saw-memory", "Slide the batch to 16 384: what fills the memory then are the activations")
def test_with_large_batches_the_activations_outgrow_the_weights():
    memory = figures.Memory(batch=14)
    assert memory.B == 16384
    weights = 4 * memory.p**2 * round(memory.depth)
    assert 4 * memory.B * memory.p * round(memory.depth) > weights
