"""The mistakes of part 2 that are known, and the sentence that names each."""

from engine.sentences import N_

MOMENTUM = {
    "momentum_sign": N_("The sign of the gradient in the velocity is turned: v = beta v + g."),
    "momentum_uphill": N_("The step goes uphill: learning_rate * v has to be taken off."),
    "momentum_old_velocity": N_("The step uses the velocity from before; the new one is wanted."),
    "momentum_averaged": N_(
        "The gradient in the velocity is multiplied by 1 - beta; here it is added whole."
    ),
    "momentum_rate_inside": N_(
        "The velocity has the learning rate in it; here it is multiplied in the step."
    ),
    "momentum_none": N_("The velocity is the gradient alone: beta v is missing."),
    "momentum_swapped": N_("beta is multiplied by the gradient; it belongs to the velocity."),
    "momentum_nesterov": N_("This is Nesterov's momentum; the plain one is wanted."),
}
RMSPROP = {
    "rmsprop_not_squared": N_("s averages the gradient; its square is wanted."),
    "rmsprop_summed": N_("s adds up all squares, as AdaGrad does; a running average is wanted."),
    "rmsprop_swapped": N_("beta and 1 - beta are exchanged."),
    "rmsprop_old_average": N_("The step uses the s from before; the new one is wanted."),
    "rmsprop_epsilon_inside": N_("eps is under the root; it is added after the root."),
    "rmsprop_no_root": N_("The root is missing: the step divides by sqrt(s) + eps."),
    "rmsprop_no_epsilon": N_("eps is missing: where s is 0 the step divides by zero."),
    "rmsprop_uphill": N_("The step goes uphill: it has to be taken off."),
}
ADAM = {
    "adam_no_correction": N_("Adam without its correction: m and v have to be divided by 1 - beta^t."),
    "adam_no_correction_of_m": N_("m is not corrected: m_hat = m / (1 - beta1^t)."),
    "adam_no_correction_of_v": N_("v is not corrected: v_hat = v / (1 - beta2^t)."),
    "adam_correction_without_t": N_(
        "The correction divides by 1 - beta; beta has to be raised to the power of t."
    ),
    "adam_t_from_0": N_("t counts from 0: t is the number of this step, from 1, as it is given."),
    "adam_t_one_more": N_("t is one too large: it is the number of this step already."),
    "adam_epsilon_inside": N_("eps is under the root; it is added after the root."),
    "adam_no_root": N_("The root is missing: the step divides by sqrt(v_hat) + eps."),
    "adam_no_epsilon": N_("eps is missing in the divisor."),
    "adam_not_squared": N_("v averages the gradient; its square is wanted."),
    "adam_betas_swapped": N_("beta1 and beta2 are exchanged."),
    "adam_corrected_kept": N_("The corrected m_hat and v_hat are returned; m and v themselves are wanted."),
    "adam_uphill": N_("The step goes uphill: it has to be taken off."),
}
L2 = {
    "l2_biases": N_("L2 is applied to the biases too; only to the weights W1 and W2."),
    "l2_biases_gradient": N_("The gradients of the biases get L2 too; only those of the weights W1 and W2."),
    "l2_first_only": N_("L2 is applied to W1 alone; W2 counts too."),
    "l2_loss_left_out": N_("The loss stays as it was: strength / 2 * (sum of W²) is missing."),
    "l2_gradient_left_out": N_("The gradients stay as they were: strength * W is missing."),
    "l2_gradient_twice": N_(
        "The gradients get 2 strength W: with strength / 2 in the loss it is strength W."
    ),
    "l2_no_half": N_("The half is missing in the loss: strength / 2 * (sum of W²)."),
    "l2_absolute": N_("This is L1, with absolute values; L2 takes squares."),
    "l2_root": N_("The root of the sum of squares is taken; the sum itself is wanted."),
    "l2_sign": N_("strength * W is taken off the gradients; it has to be added."),
}
BATCH_NORM = {
    "batch_norm_mean_constant": N_(
        "dx takes the mean as a constant: it depends on x, and the gradient goes through it."
    ),
    "batch_norm_variance_constant": N_(
        "dx takes the variance as a constant: it depends on x, and the gradient goes through it."
    ),
    "batch_norm_statistics_constant": N_(
        "dx takes mean and variance as constants: the gradient goes through both."
    ),
    "batch_norm_running_in_training": N_(
        "Training uses the running mean and variance; those of the batch are wanted."
    ),
    "batch_norm_batch_in_prediction": N_(
        "Prediction uses mean and variance of the batch; the running ones are wanted."
    ),
    "batch_norm_updates_in_prediction": N_(
        "The running mean and variance change in prediction; they have to stay."
    ),
    "batch_norm_running_not_updated": N_("The running mean and variance stay as they were in training."),
    "batch_norm_momentum_turned": N_(
        "momentum and 1 - momentum are exchanged in the running mean and variance."
    ),
    "batch_norm_whole": N_("Mean and variance are taken of the whole array: axis=0 is missing."),
    "batch_norm_along_units": N_(
        "Mean and variance are taken along the units; over the batch, axis=0, is wanted."
    ),
    "batch_norm_unbiased": N_("The variance divides by batch - 1; x_hat uses the one that divides by batch."),
    "batch_norm_epsilon_outside": N_("eps is added after the root; here it is under the root."),
    "batch_norm_no_root": N_("The root is missing: x_hat divides by sqrt(variance + eps)."),
    "batch_norm_no_gamma": N_("The output is not multiplied by gamma."),
    "batch_norm_no_beta": N_("beta is not added to the output."),
    "batch_norm_backward_no_gamma": N_("dx is not multiplied by gamma: dx_hat = dout * gamma."),
    "batch_norm_gradients_averaged": N_("dgamma and dbeta are means over the batch; the sums are wanted."),
    "batch_norm_gamma_without_x_hat": N_("dgamma is the sum of dout; x_hat has to be multiplied in."),
}
COSINE = {
    "cosine_never_ends": N_(
        "The cosine never ends: after the last step the rate rises again; it has to stay at minimum."
    ),
    "cosine_restarts": N_("The cosine begins again after the last step; it has to stay at minimum."),
    "cosine_turned": N_("The curve is turned round: it begins at learning_rate and ends at minimum."),
    "cosine_degrees": N_("The angle is in degrees: np.cos takes radians, pi for the half circle."),
    "cosine_whole": N_("The cosine runs through a whole period, 2 pi; half of one is wanted."),
    "cosine_quarter": N_("The cosine runs through a quarter of its period; half of one is wanted."),
    "cosine_no_half": N_("The half is missing: the rate begins at twice learning_rate."),
    "cosine_linear": N_("The rate falls along a straight line; a cosine is wanted."),
    "cosine_minimum_ignored": N_("minimum is not used."),
    "cosine_minimum_added": N_("minimum is added to the whole curve: the height is learning_rate - minimum."),
}
EARLY_STOPPING = {
    "stopping_one_late": N_("Training stops one epoch too late."),
    "stopping_one_early": N_("Training stops one epoch too early."),
    "stopping_before": N_("An epoch is compared with the one before; the best so far is what counts."),
    "stopping_never_resets": N_("The count of waiting epochs does not go back to 0 when a better one comes."),
    "stopping_last_is_best": N_(
        "The last epoch is returned as the best; the one with the smallest loss is wanted."
    ),
    "stopping_maximises": N_("The largest loss is taken as the best; the smallest is wanted."),
    "stopping_equal_is_better": N_("An equal loss counts as better; only a smaller one does."),
    "stopping_never": N_("Training never stops early."),
    "stopping_from_0": N_("Epochs count from 1, not from 0."),
    "stopping_best_from_0": N_("The best epoch is counted from 0; epochs count from 1."),
    "stopping_swapped": N_("epochs and best are returned in the wrong order."),
}
DEEP = {
    "deep_mask_forgotten": N_("The hidden layers' gradients are not masked with the ReLU's derivative."),
    "deep_mask_of_gradient": N_("The ReLU's mask is taken of the gradient; it belongs to the weighted sums."),
    "deep_mask_last_only": N_("Only the last hidden layer is masked; each needs the derivative of its ReLU."),
    "deep_not_averaged": N_("The gradients are sums over the batch: the division by its size is missing."),
    "deep_averaged_in_each_layer": N_(
        "The gradients are divided by the batch anew in each layer; once is right."
    ),
    "deep_relu_output": N_("The output layer has a ReLU; only the softmax belongs there."),
    "deep_no_relu": N_("The hidden layers have no ReLU."),
    "deep_no_bias": N_("The biases are left out."),
}
CHALLENGES = {
    "momentum": MOMENTUM,
    "rmsprop": RMSPROP,
    "adam": ADAM,
    "l2": L2,
    "batch_norm": BATCH_NORM,
    "cosine": COSINE,
    "early_stopping": EARLY_STOPPING,
    "deep": DEEP,
}
"""Those that the reference can make."""
SEEN = {
    "dropout_not_scaled": N_(
        "The kept entries are not scaled: in training they are multiplied by 1 / (1 - rate)."
    ),
    "dropout_scaled_by_rate": N_("The kept entries are divided by rate; by 1 - rate is wanted."),
    "dropout_in_prediction": N_("Dropout is on in prediction: with training=False the output is x."),
    "dropout_scaled_in_prediction": N_(
        "In prediction x is multiplied by 1 - rate; with a mask that is scaled in training it stays as it is."
    ),
    "dropout_rate_turned": N_(
        "{share:.0%} of the entries are dropped, with a rate of {rate:.0%}: rate and 1 - rate are exchanged."
    ),
    "dropout_rate_wrong": N_("{share:.0%} of the entries are dropped, with a rate of {rate:.0%}."),
    "dropout_whole_rows": N_("Whole rows or columns are dropped; each entry has to be drawn by itself."),
    "dropout_mask_wrong": N_("output is not x * mask."),
    "dropout_same_mask": N_("The mask is the same each time: use rng as it is given."),
    "variance_for_deviation": N_(
        "{name}: the standard deviation is {deviation:.3g}, the variance that is wanted; its root is missing."
    ),
    "variance_wrong": N_("{name}: the standard deviation is {deviation:.3g}; {wanted:.3g} is wanted."),
    "fan_out": N_("{name}: the variance is 2 / outputs; 2 / inputs is wanted."),
    "fan_in": N_("{name}: the variance is that of He, 2 / inputs; 2 / (inputs + outputs) is wanted."),
    "xavier_for_he": N_(
        "{name}: the variance is that of Xavier, 2 / (inputs + outputs); 2 / inputs is wanted."
    ),
    "factor_one": N_("{name}: the variance is 1 / inputs; the factor 2 is missing."),
}
"""Those that a check recognises."""
