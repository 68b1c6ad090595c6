"""The hyperparameters: names, ranges, defaults and explanations, defined here alone."""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from engine.errors import HyperparameterError
from engine.sentences import N_
from engine.specification import Choice, Flag, Integer, Real, Sizes, Specification, ValueType, quoted

DEFAULT_LEARNING_RATES = {
    "sgd": 0.1,
    "momentum": 0.05,
    "nesterov": 0.05,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "muon": 0.002,
}

OWN_NETWORK = (
    "hidden",
    "learning_rate",
    "schedule",
    "warmup_epochs",
    "epochs",
    "batch_size",
    "early_stopping",
    "monitor",
    "patience",
    "min_delta",
    "deskew",
    "validation_size",
    "seed",
    "threads",
)
"""The hyperparameters that apply to a network that a person wrote; its own code decides the others."""

GROUPS = (
    N_("Architecture"),
    N_("Optimisation"),
    N_("Regularisation"),
    N_("Distortions"),
    N_("Early stopping"),
    N_("Data and machine"),
)
ARCHITECTURE, OPTIMISATION, REGULARISATION, DISTORTIONS, EARLY_STOPPING, MACHINE = GROUPS

_T = TypeVar("_T")


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _described(default: _T, kind: ValueType, **description: Any) -> _T:
    """Declare a field of `Hyperparameters` together with its description."""
    return dataclasses.field(default=default, metadata={"kind": kind, **description})


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Everything that decides a run, apart from the data. Checked when it is made.

    Raises:
        HyperparameterError: when a value is not allowed.
    """

    hidden: tuple[int, ...] = _described(
        (128,),
        Sizes(low=1, high=16_384, limit=20),
        group=ARCHITECTURE,
        unit=N_("units"),
        help=N_("Sizes of the hidden layers, separated by commas; empty for none."),
        explanation=N_(
            "Each number is one hidden layer and how many units it has. More units can tell more apart, "
            "and need more time; more layers build features out of features, and are harder to train. "
            "With none, the network is softmax regression: one linear boundary for each class."
        ),
    )
    activation: str = _described(
        "relu",
        Choice(("relu", "leaky_relu", "gelu", "tanh", "sigmoid")),
        group=ARCHITECTURE,
        help=N_("What each hidden unit does to its weighted sum."),
        explanation=N_(
            "Without a nonlinearity between them, two layers are no more than one. ReLU sets negative "
            "values to 0; leaky ReLU multiplies them by 0.01, so that no unit dies; GELU is a smooth "
            "ReLU; tanh and sigmoid saturate, and in deep networks their gradients vanish."
        ),
    )
    initializer: str = _described(
        "he_normal",
        Choice(
            (
                "he_normal",
                "he_uniform",
                "xavier_normal",
                "xavier_uniform",
                "lecun_normal",
                "zeros",
                "large",
            )
        ),
        group=ARCHITECTURE,
        help=N_("How the weights are drawn before the first step."),
        explanation=N_(
            "He suits ReLU, Xavier suits tanh and sigmoid, LeCun suits networks that keep their own "
            "scale: each chooses the variance so that signals neither vanish nor explode from layer to "
            "layer. Two show what goes wrong: with zeros all units of a layer stay equal, and with large "
            "the weights are ten times too large."
        ),
    )
    batch_norm: bool = _described(
        False,
        Flag(),
        group=ARCHITECTURE,
        help=N_("Normalise each hidden unit over the mini-batch."),
        explanation=N_(
            "Batch normalisation shifts and scales each unit to mean 0 and variance 1 over the "
            "mini-batch, then learns a scale and a shift of its own. It makes deep networks easier "
            "to train and allows higher learning rates. In evaluation it uses running averages."
        ),
    )
    receptive_field: float = _described(
        0.0,
        Real(high=1000.0, smallest_step=1.0),
        group=ARCHITECTURE,
        unit=N_("pixels"),
        help=N_(
            "Largest initial receptive field of a first-layer unit, as a standard deviation; 0 for the "
            "whole image."
        ),
        explanation=N_(
            "Each unit of the first hidden layer starts by seeing a part of the image, as cells of the "
            "visual cortex do (Hubel and Wiesel 1962): its weights are multiplied by a Gaussian around a "
            "random place, whose standard deviation is between a third of this value and this value. "
            "Training can change all of them."
        ),
    )
    optimizer: str = _described(
        "sgd",
        Choice(tuple(DEFAULT_LEARNING_RATES)),
        group=OPTIMISATION,
        help=N_("How a gradient becomes a step."),
        explanation=N_(
            "SGD steps down the gradient of each mini-batch. Momentum keeps moving in the direction of "
            "the previous steps; Nesterov looks ahead first. RMSprop and Adam give each weight a step of "
            "its own size; AdamW is Adam with weight decay done apart from the gradient. Muon makes the "
            "steps between hidden layers orthogonal, and takes AdamW's elsewhere."
        ),
    )
    learning_rate: float | None = _described(
        None,
        Real(open_low=True),
        group=OPTIMISATION,
        live=True,
        help=N_("Step size; empty for the optimizer's own default."),
        explanation=N_(
            "The most important number here. Too low and the loss creeps down; too high and it "
            "jumps about or diverges. The defaults are 0.1 for SGD, 0.05 for momentum and Nesterov, "
            "0.002 for Muon, 0.001 for the others. The schedule multiplies it as the run goes on; a change "
            "during a run multiplies the rest of the schedule. Shown of an epoch is the rate of its last "
            "step."
        ),
    )
    schedule: str = _described(
        "cosine",
        Choice(("constant", "step", "exponential", "cosine", "one_cycle")),
        group=OPTIMISATION,
        help=N_("How the learning rate changes over the run."),
        explanation=N_(
            "Constant keeps it. Step divides it by ten after each third of the run. Exponential "
            "falls evenly to a hundredth, cosine along half a wave to zero. One-cycle rises from "
            "a 25th over the first 30 % and then falls to almost nothing; momentum, Adam's too, goes "
            "the other way: 0.9 from 0.95 down to 0.85 and back up."
        ),
    )
    warmup_epochs: float = _described(
        0.0,
        Real(smallest_step=0.5),
        group=OPTIMISATION,
        unit=N_("epochs"),
        help=N_("Epochs over which the learning rate first rises from zero."),
        explanation=N_(
            "The first steps of a new network are the least stable. A warm-up starts with small steps "
            "and increases them evenly to the full learning rate, before the schedule begins."
        ),
    )
    momentum: float = _described(
        0.9,
        Real(below=1.0),
        group=OPTIMISATION,
        live=True,
        optimizers=("momentum", "nesterov", "muon"),
        help=N_("Share of the last step that is kept, for momentum, Nesterov and Muon."),
        explanation=N_(
            "With 0.9 a step is the sum of the gradients so far, each weighing nine tenths of the next: "
            "ten times as large where they agree, small where they contradict each other."
        ),
    )
    clip_norm: float = _described(
        0.0,
        Real(smallest_step=0.1),
        group=OPTIMISATION,
        live=True,
        help=N_("Largest gradient norm allowed; 0 for no limit."),
        explanation=N_(
            "A gradient with a larger norm is scaled down to it, in the same direction. One bad "
            "mini-batch then cannot change the weights too much."
        ),
    )
    epochs: int = _described(
        10,
        Integer(1, 100_000),
        group=OPTIMISATION,
        live=True,
        help=N_("Passes over the training images."),
        explanation=N_(
            "In one epoch each training image is used once, in a new order (emphasis draws some of them more "
            "often). Early stopping may end the run before the last one. Changed during a run, the rest of "
            "the schedule is stretched to the new end."
        ),
    )
    batch_size: int = _described(
        64,
        Integer(1, doubling=True),
        group=OPTIMISATION,
        unit=N_("images"),
        help=N_("Images in one mini-batch, that is, for one step."),
        explanation=N_(
            "The gradient is averaged over this many images, or over what is left of them at the end of an "
            "epoch. Small batches make many noisy steps, large ones few exact ones, and each image costs "
            "less. At most the number of training images."
        ),
    )
    dropout: float = _described(
        0.0,
        Real(below=1.0),
        group=REGULARISATION,
        live=True,
        help=N_("Share of hidden units switched off at random in each step."),
        explanation=N_(
            "No unit can then rely on a particular other one, so the network overfits less. The "
            "units left are scaled up to make up for it, and in evaluation all of them work: "
            "training figures therefore often look worse than validation figures."
        ),
    )
    l2: float = _described(
        0.0,
        Real(),
        group=REGULARISATION,
        live=True,
        help=N_("Weight of the penalty on squared weights (l2/2 times their sum)."),
        explanation=N_(
            "Adds l2 times each weight to its gradient, which keeps weights small unless they reduce the "
            "loss enough. Biases are not penalised. The losses shown do not include the penalty."
        ),
    )
    weight_decay: float = _described(
        0.01,
        Real(),
        group=REGULARISATION,
        live=True,
        optimizers=("adamw", "muon"),
        help=N_("Share of each weight that a step subtracts, times the learning rate, for AdamW and Muon."),
        explanation=N_(
            "Like l2, but outside the gradient, so that Adam's scaling does not affect it (Loshchilov "
            "and Hutter 2019). Biases and batch-norm scales do not decay."
        ),
    )
    label_smoothing: float = _described(
        0.0,
        Real(below=1.0),
        group=REGULARISATION,
        help=N_("Share of the target that is spread evenly over all classes."),
        explanation=N_(
            "With 0.1 the right class is wanted at 0.9 plus its share of the 0.1 spread over all. The "
            "network then has no reason to be ever more confident. All losses of the run are measured "
            "against these targets; of the test loss the plain one is given as well."
        ),
    )
    weight_average: float = _described(
        0.0,
        Real(below=1.0),
        group=REGULARISATION,
        help=N_("Share that a running average of the weights keeps in each step; 0 for none."),
        explanation=N_(
            "The weights of single steps fluctuate around a better point; their average is nearer to it "
            "(Polyak and Juditsky 1992). With 0.999 it reaches back over some thousand steps. The "
            "averaged network is the one that is validated, tested and kept; training figures are of the "
            "one that learns."
        ),
    )
    emphasis: float = _described(
        0.0,
        Real(high=1.0, smallest_step=0.1),
        group=REGULARISATION,
        help=N_("Share of each epoch's images drawn by how undecided the network is about them."),
        explanation=N_(
            "Most images are soon classified with ease and teach little more; a few are never learned, "
            "and many of those bear a wrong label. Images between the two teach most (Chang, "
            "Learned-Miller and McCallum 2017). With 0.5 half of an epoch goes to them, and not every "
            "image comes in every epoch."
        ),
    )
    adversarial: float = _described(
        0.0,
        Real(high=1000.0, smallest_step=0.1),
        group=REGULARISATION,
        unit=N_("pixels"),
        help=N_("How far every other mini-batch is moved against the network, in pixels of full ink."),
        explanation=N_(
            "Each image of such a mini-batch takes a small step that raises its loss most (Goodfellow, "
            "Shlens and Szegedy 2015): 0.3 is three tenths of the ink of one pixel, spread over all of "
            "them. The network then depends less on a few grey pixels. Such a mini-batch takes almost "
            "twice as long, and training figures look worse beside validation figures."
        ),
    )
    rotation: float = _described(
        0.0,
        Real(high=180.0, smallest_step=1.0),
        group=DISTORTIONS,
        unit=N_("degrees"),
        help=N_("Training images are rotated by up to this, to either side."),
        explanation=N_(
            "Each time an image is learned it is distorted differently, at random: the network never "
            "sees the same image twice, and can hardly memorise it. Validation and test images stay as "
            "they are, so training figures look worse beside them."
        ),
    )
    scaling: float = _described(
        0.0,
        Real(below=1.0),
        group=DISTORTIONS,
        help=N_("Share by which training images grow or shrink, along each axis."),
        explanation=N_("With 0.1 an image becomes up to a tenth larger or smaller, wide and high apart."),
    )
    shear: float = _described(
        0.0,
        Real(high=2.0, smallest_step=0.05),
        group=DISTORTIONS,
        help=N_("How far training images slant: pixels to the side for each pixel up."),
        explanation=N_("People slant their writing by more than they turn it. 0.1 is some six degrees."),
    )
    shift: float = _described(
        0.0,
        Real(high=100.0, smallest_step=0.5),
        group=DISTORTIONS,
        unit=N_("pixels"),
        help=N_("Training images are moved by up to this, along each axis."),
        explanation=N_(
            "To a network of this kind an image moved by a pixel is quite another input. Parts of pixels "
            "count, too."
        ),
    )
    elastic: float = _described(
        0.0,
        Real(high=100.0, smallest_step=0.1),
        group=DISTORTIONS,
        unit=N_("pixels"),
        help=N_("How far training images are bent: root-mean-square displacement of a pixel."),
        explanation=N_(
            "Neighbouring pixels move together, distant ones independently, as no two people write alike "
            "(Simard et al. 2003, whose sigma 4 with alpha 34 is 1.4 pixels). Beyond two pixels "
            "MNIST's digits become hard to read."
        ),
    )
    elastic_sigma: float = _described(
        5.0,
        Real(low=0.5, high=100.0, smallest_step=0.5),
        group=DISTORTIONS,
        unit=N_("pixels"),
        help=N_("How smoothly they are bent: the deviation of the Gaussian over the displacements."),
        explanation=N_(
            "Small values make edges ragged, large ones move whole strokes. It means nothing while elastic "
            "is 0."
        ),
    )
    noise: float = _described(
        0.0,
        Real(below=1.0),
        group=DISTORTIONS,
        help=N_("Standard deviation of the noise added to each pixel, as a share of full ink."),
        explanation=N_("Noise keeps the network from relying on single pixels; it costs some accuracy."),
    )
    distortion_fade: float = _described(
        0.0,
        Real(high=1.0, smallest_step=0.1),
        group=DISTORTIONS,
        help=N_("Share of the run, at its end, over which all distortions fade to nothing."),
        explanation=N_(
            "Strong distortions teach most while steps are long; at last the network had better see "
            "images as they are. With 0.1 the distortions weaken evenly over the last tenth of the run."
        ),
    )
    early_stopping: bool = _described(
        True,
        Flag(),
        group=EARLY_STOPPING,
        live=True,
        help=N_("End the run when validation has not improved enough for a while."),
        explanation=N_(
            "After each epoch the network is evaluated on validation images, which it does not learn from. "
            "When that has not improved by more than min_delta for as many epochs as patience says, the run "
            "ends: more training would mostly memorise the training images. The best weights are restored in "
            "any case."
        ),
    )
    monitor: str = _described(
        "validation_accuracy",
        Choice(("validation_accuracy", "validation_loss")),
        group=EARLY_STOPPING,
        help=N_("The figure that decides which epoch is best."),
        explanation=N_(
            "Accuracy counts correct predictions. Loss also weighs their confidence, and often rises earlier."
        ),
    )
    patience: int = _described(
        5,
        Integer(1),
        group=EARLY_STOPPING,
        live=True,
        unit=N_("epochs"),
        help=N_("Epochs without enough improvement before the run ends."),
        explanation=N_(
            "Validation goes up and down from epoch to epoch. After so many epochs in a row without an "
            "improvement of more than min_delta, early stopping ends the run."
        ),
    )
    min_delta: float = _described(
        0.001,
        Real(smallest_step=0.0001),
        group=EARLY_STOPPING,
        live=True,
        help=N_("How much better it must get to count as an improvement."),
        explanation=N_(
            "An improvement that is not larger than this does not reset the count of epochs without one, "
            "until several add up to more. As a fraction for accuracy: 0.001 is a tenth of a percent."
        ),
    )
    deskew: bool = _described(
        False,
        Flag(),
        group=MACHINE,
        help=N_("Deskew images: shear slanted ones upright, by the moments of their ink."),
        explanation=N_(
            "Each image is sheared until its strokes stand upright (LeCun et al. 1998): the network need not "
            "learn that a slanted 1 is a 1. It is done alike to training, validation and test images and to "
            "what you draw; mistakes are shown as the network got them."
        ),
    )
    validation_size: float = _described(
        0.1,
        Real(open_low=True, below=1.0),
        group=MACHINE,
        help=N_("Share of the training images held out for validation."),
        explanation=N_(
            "Held out class by class, so that each keeps its share. The network never learns from "
            "them; early stopping and the choice of the best weights use them, so that the test "
            "set stays untouched until the run has ended."
        ),
    )
    seed: int = _described(
        0,
        Integer(0, 2**32 - 1),
        group=MACHINE,
        help=N_("Decides every random choice."),
        explanation=N_(
            "Initial weights, the order of the images, dropout and the validation split all follow "
            "from it. The same seed on the same machine gives the same run, to the last bit."
        ),
    )
    threads: int | None = _described(
        None,
        Integer(1, available_cores()),
        group=MACHINE,
        help=N_("Threads for the matrix products; empty for an automatic choice."),
        explanation=N_(
            "A second thread helps with large products and costs with small ones. Left empty, a "
            "fixed rule chooses from layer sizes, batch size and cores. Another number of threads "
            "may change the last bits of a run. Threads wait for each other at every product: where "
            "something else uses a core, one may be quicker than two."
        ),
        live=True,
    )

    def __post_init__(self) -> None:
        for name, specification in SPECIFICATIONS.items():
            object.__setattr__(self, name, specification.parse(getattr(self, name)))

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "Hyperparameters":
        """Make them from names and values, as they stand in a TOML file or a stored run.

        Raises:
            HyperparameterError: for a name that does not exist or a value that is not allowed.
        """
        for name in values:
            specification_of(name)
        return cls(**cast(dict[str, Any], dict(values)))

    def to_mapping(self) -> dict[str, object]:
        """Return names and values as plain data (tuples as lists) for JSON or TOML; None is left out."""
        values = {name: getattr(self, name) for name in SPECIFICATIONS}
        values["hidden"] = list(self.hidden)
        return {name: value for name, value in values.items() if value is not None}

    def changed(self, name: str, given: object) -> "Hyperparameters":
        """Return a copy with one value changed.

        Raises:
            HyperparameterError: for a name that does not exist or a value that is not allowed.
        """
        value: Any = specification_of(name).parse(given)
        return dataclasses.replace(self, **{name: value})

    @property
    def are_images_harder(self) -> bool:
        """Whether training images are distorted, perturbed or sampled: harder than validation images."""
        harder = self.rotation, self.scaling, self.shear, self.shift, self.elastic, self.noise
        return any((*harder, self.adversarial, self.emphasis))

    def resolved(self) -> "Hyperparameters":
        """Return a copy whose learning rate is filled in where the optimizer's default is meant."""
        if self.learning_rate is not None:
            return self
        return dataclasses.replace(self, learning_rate=DEFAULT_LEARNING_RATES[self.optimizer])


SPECIFICATIONS: dict[str, Specification] = {
    field.name: Specification(name=field.name, default=field.default, **field.metadata)
    for field in dataclasses.fields(Hyperparameters)
}


def does_not_apply(name: str) -> HyperparameterError:
    """Return the error for a hyperparameter that a network of one's own is asked to have."""
    return HyperparameterError(
        N_("{name} does not apply to a network of one's own: its code decides that. What applies: {names}."),
        name=name,
        names=", ".join(OWN_NETWORK),
    )


def specification_of(name: str) -> Specification:
    """Return the specification of a hyperparameter.

    Raises:
        HyperparameterError: when there is none of that name.
    """
    try:
        return SPECIFICATIONS[name]
    except KeyError:
        raise HyperparameterError(
            N_("There is no hyperparameter {name}; there are: {names}."),
            name=quoted(name),
            names=", ".join(SPECIFICATIONS),
        ) from None
