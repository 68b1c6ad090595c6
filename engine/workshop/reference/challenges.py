"""What is right for each step of part 2, in float64; and what comes out with the mistakes that are named."""

import numpy as np

from engine.workshop.reference.network import NONE, Array, Inputs, Mistakes, Outputs


def momentum(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """v = beta v + g; w = w - learning_rate v (Polyak 1964, as PyTorch has it)."""
    w, g, v, rate, beta = (inputs[name] for name in ("w", "g", "v", "learning_rate", "beta"))
    new = beta * v + g
    if "momentum_sign" in wrong:
        new = beta * v - g
    if "momentum_averaged" in wrong:
        new = beta * v + (1 - beta) * g
    if "momentum_rate_inside" in wrong:
        new = beta * v + rate * g
    if "momentum_none" in wrong:
        new = g
    if "momentum_swapped" in wrong:
        new = v + beta * g
    used = v if "momentum_old_velocity" in wrong else new
    step = used if "momentum_rate_inside" in wrong else rate * used
    if "momentum_nesterov" in wrong:
        step = rate * (g + beta * new)
    return {"w": w + step if "momentum_uphill" in wrong else w - step, "v": new}


def _divisor(step: str, average: Array, eps: float, wrong: Mistakes) -> Array:
    """Return sqrt(average) + eps, what RMSprop and Adam divide by."""
    if f"{step}_epsilon_inside" in wrong:
        return np.sqrt(average + eps)
    if f"{step}_no_root" in wrong:
        return average + eps
    if f"{step}_no_epsilon" in wrong:
        return np.sqrt(average)
    return np.sqrt(average) + eps


def rmsprop(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """s = beta s + (1 - beta) g²; w = w - learning_rate g / (sqrt(s) + eps) (Hinton 2012, lecture 6e)."""
    w, g, s, rate, beta, eps = (inputs[name] for name in ("w", "g", "s", "learning_rate", "beta", "eps"))
    square = g if "rmsprop_not_squared" in wrong else g**2
    new = beta * s + (1 - beta) * square
    if "rmsprop_summed" in wrong:
        new = s + square
    if "rmsprop_swapped" in wrong:
        new = (1 - beta) * s + beta * square
    used = s if "rmsprop_old_average" in wrong else new
    step = rate * g / _divisor("rmsprop", used, eps, wrong)
    return {"w": w + step if "rmsprop_uphill" in wrong else w - step, "s": new}


def adam(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Kingma and Ba 2015, algorithm 1."""
    w, g, m, v, t, rate = (inputs[name] for name in ("w", "g", "m", "v", "t", "learning_rate"))
    beta1, beta2, eps = inputs["beta1"], inputs["beta2"], inputs["eps"]
    if "adam_betas_swapped" in wrong:
        beta1, beta2 = beta2, beta1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * (g if "adam_not_squared" in wrong else g**2)
    if "adam_t_from_0" in wrong:
        t = t - 1
    if "adam_t_one_more" in wrong:
        t = t + 1
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    if "adam_no_correction" in wrong:
        m_hat, v_hat = m, v
    if "adam_no_correction_of_m" in wrong:
        m_hat = m
    if "adam_no_correction_of_v" in wrong:
        v_hat = v
    if "adam_correction_without_t" in wrong:
        m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
    step = rate * m_hat / _divisor("adam", v_hat, eps, wrong)
    if "adam_corrected_kept" in wrong:
        m, v = m_hat, v_hat
    return {"w": w + step if "adam_uphill" in wrong else w - step, "m": m, "v": v}


def l2(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Add strength / 2 * |W|² to the loss, and strength * W to the gradients of the weights."""
    strength, parameters = inputs["strength"], inputs["parameters"]
    weights: tuple[str, ...] = ("W1", "b1", "W2", "b2") if "l2_biases" in wrong else ("W1", "W2")
    if "l2_first_only" in wrong:
        weights = ("W1",)
    half = 1.0 if "l2_no_half" in wrong else 0.5
    total = sum(
        np.sum(np.abs(parameters[name]) if "l2_absolute" in wrong else parameters[name] ** 2)
        for name in weights
    )
    if "l2_root" in wrong:
        total = sum(np.sqrt(np.sum(parameters[name] ** 2)) for name in weights)
    penalty = half * strength * total
    outputs = {"loss": np.asarray(inputs["loss"] + (0.0 if "l2_loss_left_out" in wrong else penalty))}
    for name in ("W1", "b1", "W2", "b2"):
        more = strength * (np.sign(parameters[name]) if "l2_absolute" in wrong else parameters[name])
        if "l2_gradient_twice" in wrong:
            more = 2 * more
        if "l2_sign" in wrong:
            more = -more
        left = name not in weights or "l2_gradient_left_out" in wrong
        if "l2_biases_gradient" in wrong and name.startswith("b"):
            left = False
        outputs[name] = inputs["grads"][name] if left else inputs["grads"][name] + more
    return outputs


def batch_norm(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Ioffe and Szegedy 2015, algorithms 1 and 2; the gradient goes through the mean and the variance."""
    x, gamma, beta, eps, keep = (inputs[name] for name in ("x", "gamma", "beta", "eps", "momentum"))
    mean, variance = x.mean(axis=0), x.var(axis=0)
    running_mean, running_var = inputs["running_mean"], inputs["running_var"]
    if "batch_norm_whole" in wrong:
        mean, variance = np.mean(x), np.var(x)
    if "batch_norm_along_units" in wrong:
        mean, variance = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    if "batch_norm_unbiased" in wrong:
        variance = x.var(axis=0, ddof=1)
    used_mean, used_variance = mean, variance
    if not inputs["training"] or "batch_norm_running_in_training" in wrong:
        used_mean, used_variance = running_mean, running_var
    if "batch_norm_batch_in_prediction" in wrong:
        used_mean, used_variance = mean, variance
    deviation = np.sqrt(used_variance + eps)
    if "batch_norm_epsilon_outside" in wrong:
        deviation = np.sqrt(used_variance) + eps
    if "batch_norm_no_root" in wrong:
        deviation = used_variance + eps
    x_hat = (x - used_mean) / deviation
    output = gamma * x_hat + beta
    if "batch_norm_no_gamma" in wrong:
        output = x_hat + beta
    if "batch_norm_no_beta" in wrong:
        output = gamma * x_hat
    if inputs["training"] or "batch_norm_updates_in_prediction" in wrong:
        share = 1 - keep if "batch_norm_momentum_turned" in wrong else keep
        if "batch_norm_running_not_updated" not in wrong:
            running_mean = share * running_mean + (1 - share) * mean
            used = x.var(axis=0) if "batch_norm_unbiased" in wrong else variance  # either is right here
            running_var = share * running_var + (1 - share) * used
    outputs = {
        "output": output,
        "running_mean": np.asarray(running_mean),
        "running_var": np.asarray(running_var),
    }
    if inputs["training"]:
        outputs |= _batch_norm_backward(inputs["dout"], gamma, x_hat, deviation, wrong)
    return outputs


def _batch_norm_backward(
    dout: Array, gamma: Array, x_hat: Array, deviation: Array, wrong: Mistakes
) -> Outputs:
    count = len(dout)
    dx_hat = dout if "batch_norm_backward_no_gamma" in wrong else dout * gamma
    through_mean = dx_hat.mean(axis=0)
    through_variance = x_hat * (dx_hat * x_hat).mean(axis=0)
    if "batch_norm_mean_constant" in wrong or "batch_norm_statistics_constant" in wrong:
        through_mean = np.zeros_like(through_mean)
    if "batch_norm_variance_constant" in wrong or "batch_norm_statistics_constant" in wrong:
        through_variance = np.zeros_like(through_variance)
    dx = (dx_hat - through_mean - through_variance) / deviation
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    if "batch_norm_gradients_averaged" in wrong:
        dgamma, dbeta = dgamma / count, dbeta / count
    if "batch_norm_gamma_without_x_hat" in wrong:
        dgamma = dout.sum(axis=0)
    return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}


def cosine(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Loshchilov and Hutter 2017, equation 5, without restarts."""
    step, steps, rate, minimum = (inputs[name] for name in ("step", "steps", "learning_rate", "minimum"))
    share = step / steps if "cosine_never_ends" in wrong else min(step, steps) / steps
    if "cosine_restarts" in wrong:
        share = (step % steps) / steps
    angle = np.pi * share
    if "cosine_degrees" in wrong:
        angle = 180 * share
    if "cosine_whole" in wrong:
        angle = 2 * np.pi * share
    if "cosine_quarter" in wrong:
        angle = np.pi / 2 * share
    height = (1 - np.cos(angle)) / 2 if "cosine_turned" in wrong else (1 + np.cos(angle)) / 2
    if "cosine_no_half" in wrong:
        height = 1 + np.cos(angle)
    if "cosine_quarter" in wrong:
        height = np.cos(angle)
    if "cosine_linear" in wrong:
        height = 1 - share
    result = minimum + (rate - minimum) * height
    if "cosine_minimum_ignored" in wrong:
        result = rate * height
    if "cosine_minimum_added" in wrong:
        result = minimum + rate * height
    return {"cosine": np.asarray(result)}


def early_stopping(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Stop when `patience` epochs in a row are no better than the best before."""
    losses, patience = inputs["losses"], inputs["patience"]
    if "stopping_one_late" in wrong:
        patience = patience + 1
    if "stopping_one_early" in wrong:
        patience = patience - 1
    if "stopping_maximises" in wrong:
        losses = [-loss for loss in losses]
    best, best_loss, waited, epochs = 0, np.inf, 0, 0
    for epoch, value in enumerate(losses, 1):
        epochs = epoch
        better = value <= best_loss if "stopping_equal_is_better" in wrong else value < best_loss
        if "stopping_before" in wrong and epoch > 1:
            better = value < losses[epoch - 2]
        if better:
            best, best_loss = epoch, value
            waited = waited if "stopping_never_resets" in wrong else 0
        else:
            waited += 1
            if waited >= patience:
                break
    if "stopping_never" in wrong:
        epochs, best = len(losses), int(np.argmin(losses)) + 1
    if "stopping_last_is_best" in wrong:
        best = epochs
    if "stopping_from_0" in wrong:
        epochs, best = epochs - 1, best - 1
    if "stopping_best_from_0" in wrong:
        best = best - 1
    if "stopping_swapped" in wrong:
        epochs, best = best, epochs
    return {"epochs": np.asarray(epochs), "best": np.asarray(best)}


def deep(inputs: Inputs, wrong: Mistakes = NONE) -> Outputs:
    """Backpropagation through any number of layers; outputs: probabilities, then dW0, db0, dW1, ..."""
    X, y, weights, biases = (inputs[name] for name in ("X", "y", "weights", "biases"))
    count, last = len(X), len(weights) - 1
    activations, sums = [X], []
    for at, (W, b) in enumerate(zip(weights, biases, strict=True)):
        sums.append(activations[-1] @ W + (0 if "deep_no_bias" in wrong else b))
        linear = (at == last and "deep_relu_output" not in wrong) or "deep_no_relu" in wrong
        activations.append(sums[-1] if linear else np.maximum(sums[-1], 0))
    z = activations.pop()
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    outputs = {"forward": p}
    dz = p - np.eye(p.shape[1])[y]
    if "deep_not_averaged" not in wrong:
        dz = dz / count
    for at in reversed(range(last + 1)):
        outputs[f"dW{at}"] = activations[at].T @ dz
        outputs[f"db{at}"] = dz.sum(axis=0)
        if at == 0:
            break
        da = dz @ weights[at].T
        mask = sums[at - 1] > 0
        if "deep_mask_forgotten" in wrong:
            mask = np.ones_like(mask)
        if "deep_mask_of_gradient" in wrong:
            mask = da > 0
        if "deep_mask_last_only" in wrong and at != last:
            mask = np.ones_like(mask)
        dz = da * mask
        if "deep_averaged_in_each_layer" in wrong:
            dz = dz / count
    return outputs
