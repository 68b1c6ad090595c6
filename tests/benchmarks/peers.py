"""What anyone would reach for instead, doing the same work on the same images.

Each peer shuffles, gathers, computes forward, loss and backward, and updates; `epoch` does it once over the
training images, `infer` reads all test images. PyTorch gets its images as float32 in advance where that is
quicker for it; ours keeps them as bytes.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.augmentation import Distortion
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.training import adversarial
from engine.training.averaging import INTERVAL
from engine.training.learner import Learner


class Ours:
    """This engine."""

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset, threads: int = 1) -> None:
        self.learner = Learner(hyperparameters.resolved(), dataset)
        self.learner.optimizer.share(threads)
        learning_rate = hyperparameters.resolved().learning_rate
        assert learning_rate is not None
        self.learning_rate = learning_rate

    def epoch(self) -> None:
        """Train once over the training images."""
        learner = self.learner
        learner.begin_epoch()
        while not learner.epoch_is_done:
            learner.step(self.learning_rate)

    def infer(self) -> None:
        """Read the test images."""
        learner = self.learner
        _ = learner.evaluate(learner.test, np.arange(len(learner.dataset.test_labels))).predicted


class PyTorch:
    """PyTorch, eager mode, on the CPU, with its optimizers' default settings, or fused ones."""

    def __init__(
        self, hyperparameters: Hyperparameters, dataset: Dataset, threads: int, *, fused: bool = False
    ) -> None:
        import torch
        from torch import nn

        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.torch: Any = torch
        learner = Learner(hyperparameters.resolved(), dataset)
        self.mean, self.deviation = learner.standardization.mean, learner.standardization.deviation
        training = learner.split.training
        images = dataset.train_images[training].reshape(len(training), -1)
        self.images = self._standardize(torch.from_numpy(images.astype(np.float32) / 255))
        self.labels = torch.from_numpy(dataset.train_labels[training])
        self.test_images = torch.from_numpy(dataset.test_images.reshape(len(dataset.test_labels), -1).copy())
        layers: list[Any] = []
        sizes = learner.network.sizes
        for inputs, outputs in pairwise(sizes[:-1]):
            layers.append(nn.Linear(inputs, outputs))
            if hyperparameters.batch_norm:
                layers.append(nn.BatchNorm1d(outputs))
            layers.append(nn.ReLU())
            if hyperparameters.dropout:
                layers.append(nn.Dropout(hyperparameters.dropout))
        layers.append(nn.Linear(*sizes[-2:]))
        self.network = nn.Sequential(*layers)
        self.loss = nn.CrossEntropyLoss(label_smoothing=hyperparameters.label_smoothing)
        self.distortion = Distortion.of(hyperparameters)
        self.shape = dataset.height, dataset.width
        if self.distortion.elastic:
            self.smoothing = [self._gaussian(side) for side in self.shape]
        decay = hyperparameters.weight_average
        self.average: Any = None
        if decay:
            averaging = torch.optim.swa_utils.get_ema_multi_avg_fn(decay**INTERVAL)
            self.average = torch.optim.swa_utils.AveragedModel(
                self.network, multi_avg_fn=averaging, use_buffers=True
            )
        kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
        self.optimizer = kind[hyperparameters.optimizer](
            self.network.parameters(), lr=hyperparameters.resolved().learning_rate, fused=fused or None
        )
        self.batch_size = hyperparameters.batch_size
        self.adversarial = hyperparameters.adversarial / self.deviation

    def _standardize(self, images: Any) -> Any:
        return images.sub_(self.mean).div_(self.deviation)

    def epoch(self) -> None:
        """Train once over the training images."""
        self.network.train()
        order = self.torch.randperm(len(self.labels))
        for step, start in enumerate(range(0, len(order), self.batch_size), 1):
            chosen = order[start : start + self.batch_size]
            images, labels = self.images[chosen], self.labels[chosen]
            if not self.distortion.is_none:
                images = self._distorted(images)
            if self.adversarial and step % adversarial.INTERVAL == 0:
                images = self._moved(images, labels)
            self.optimizer.zero_grad()
            self.loss(self.network(images), labels).backward()
            self.optimizer.step()
            if self.average is not None and step % INTERVAL == 0:
                self.average.update_parameters(self.network)

    def _moved(self, images: Any, labels: Any) -> Any:
        """Return images moved up their loss; `grad` spares itself the gradients of the weights."""
        images.requires_grad_(True)
        (uphill,) = self.torch.autograd.grad(self.loss(self.network(images), labels), images)
        return images.detach() + self.adversarial * uphill / uphill.norm(dim=1, keepdim=True)

    def _gaussian(self, side: int) -> Any:
        """Return the matrix that smooths noise along one side; its rows have length 1."""
        at = self.torch.arange(side)
        gaussian = (-0.5 * ((at - at[:, None]) / self.distortion.elastic_sigma) ** 2).exp()
        return gaussian / gaussian.norm(dim=1, keepdim=True)

    def _distorted(self, images: Any) -> Any:
        """Return images `(batch, pixels)` distorted as ours are, by `affine_grid` and `grid_sample`."""
        torch, drawn, (height, width) = self.torch, self.distortion, self.shape
        count = len(images)
        angle, shear, tall, wide, down, right = torch.rand(6, count).mul_(2).sub_(1)
        angle, shear = angle * math.radians(drawn.rotation), shear * drawn.shear
        tall, wide = 1 + drawn.scaling * tall, 1 + drawn.scaling * wide
        cosine, sine = angle.cos(), angle.sin()
        rows = torch.stack(
            [
                *(cosine * wide, (sine + cosine * shear) * tall, right * 2 * drawn.shift / width),
                *(-sine * wide, (cosine - sine * shear) * tall, down * 2 * drawn.shift / height),
            ],
            dim=1,
        )
        functional = torch.nn.functional
        grid = functional.affine_grid(rows.view(-1, 2, 3), [count, 1, height, width], align_corners=False)
        if drawn.elastic:
            noise = self.smoothing[0] @ torch.randn(count, 2, height, width) @ self.smoothing[1].T
            to_grid = torch.tensor([2 * drawn.elastic / width, 2 * drawn.elastic / height])
            grid = grid + noise.permute(0, 2, 3, 1) * to_grid
        pictures = images.view(count, 1, height, width)
        return functional.grid_sample(pictures, grid, align_corners=False).view(count, -1)

    def infer(self) -> None:
        """Read the test images, bytes at the start as ours are."""
        self.network.eval()
        with self.torch.inference_mode():
            for start in range(0, len(self.test_images), 1000):
                X = self._standardize(self.test_images[start : start + 1000].float().div_(255))
                self.network(X).argmax(dim=1)


class ScikitLearn:
    """scikit-learn's `MLPClassifier`, an epoch at a time by `partial_fit`."""

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset) -> None:
        from sklearn.neural_network import MLPClassifier

        learner = Learner(hyperparameters.resolved(), dataset)
        training = learner.split.training
        scale = learner.standardization
        images = dataset.train_images[training].reshape(len(training), -1).astype(np.float32) / 255
        self.images = (images - np.float32(scale.mean)) / np.float32(scale.deviation)
        self.labels = dataset.train_labels[training]
        self.network = MLPClassifier(
            hyperparameters.hidden,
            solver=hyperparameters.optimizer,
            alpha=0.0,
            batch_size=hyperparameters.batch_size,
            learning_rate_init=hyperparameters.resolved().learning_rate,
            momentum=0.0,
            random_state=0,
        )

    def epoch(self) -> None:
        """Train once over the training images."""
        self.network.partial_fit(self.images, self.labels, classes=np.arange(10))


class Textbook:
    """One hidden layer of ReLU, written from the formulas: float64, and a new array for every result."""

    def __init__(self, hyperparameters: Hyperparameters, dataset: Dataset) -> None:
        learner = Learner(hyperparameters.resolved(), dataset)
        training = learner.split.training
        scale = learner.standardization
        images = dataset.train_images[training].reshape(len(training), -1) / 255.0
        self.images = (images - scale.mean) / scale.deviation
        self.targets = np.eye(dataset.classes)[dataset.train_labels[training]]
        first, second = learner.network.dense
        self.W1, self.b1 = first.W.astype(np.float64), first.b.astype(np.float64)
        self.W2, self.b2 = second.W.astype(np.float64), second.b.astype(np.float64)
        self.batch_size = hyperparameters.batch_size
        self.rng = np.random.default_rng(0)

    def epoch(self, learning_rate: float = 0.1) -> None:
        """Train once over the training images."""
        order = self.rng.permutation(len(self.images))
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            X, T = self.images[chosen], self.targets[chosen]
            Z1 = X @ self.W1 + self.b1
            A1 = np.maximum(Z1, 0)
            Z2 = A1 @ self.W2 + self.b2
            E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
            P = E / E.sum(axis=1, keepdims=True)
            _ = -np.log((P * T).sum(axis=1)).mean()
            dZ2 = (P - T) / len(X)
            dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)
            dZ1 = (dZ2 @ self.W2.T) * (Z1 > 0)
            dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)
            self.W1 = self.W1 - learning_rate * dW1
            self.b1 = self.b1 - learning_rate * db1
            self.W2 = self.W2 - learning_rate * dW2
            self.b2 = self.b2 - learning_rate * db2


class Floor:
    """The matrix products of an epoch of a network with one hidden layer, and nothing else."""

    def __init__(self, hyperparameters: Hyperparameters, images: int, pixels: int, classes: int) -> None:
        batch, (hidden,) = hyperparameters.batch_size, hyperparameters.hidden
        rng = np.random.default_rng(0)
        self.batches = -(-images // batch)

        def array(*shape: int) -> NDArray[np.float32]:
            return rng.standard_normal(shape, dtype=np.float32)

        self.X, self.W1, self.Z1, self.W2 = (
            array(batch, pixels),
            array(pixels, hidden),
            array(batch, hidden),
            array(hidden, classes),
        )
        self.Z2, self.dW1, self.dA1, self.dW2 = (
            array(batch, classes),
            array(pixels, hidden),
            array(batch, hidden),
            array(hidden, classes),
        )
        self.A1, self.dZ2 = array(batch, hidden), array(batch, classes)

    def epoch(self) -> None:
        """Forward through both layers, back through both."""
        for _ in range(self.batches):
            np.matmul(self.X, self.W1, out=self.Z1)
            np.matmul(self.A1, self.W2, out=self.Z2)
            np.matmul(self.A1.T, self.dZ2, out=self.dW2)
            np.matmul(self.dZ2, self.W2.T, out=self.dA1)
            np.matmul(self.X.T, self.A1, out=self.dW1)
