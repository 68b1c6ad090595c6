"""The mistakes of part 1 that are known, and the sentence that names each.

`BY_STEP` lists those that `engine.workshop.reference.network` can make: a person's numbers are compared
with what comes out of them, alone and in pairs. `SEEN` has those that a check recognises in another way.
"""

from engine.sentences import N_

RELU = {
    "relu_identity": N_("relu(x) returns x unchanged: negative numbers have to become 0."),
    "relu_leaky": N_("relu(x) lets a hundredth of negative numbers through: that is the leaky ReLU."),
    "relu_absolute": N_("relu(x) returns the absolute value: negative numbers have to become 0."),
    "relu_minimum": N_("relu(x) returns the smaller of x and 0; the larger one is wanted."),
    "relu_sigmoid": N_("relu(x) is the sigmoid 1 / (1 + exp(-x)); max(0, x) is wanted."),
    "relu_tanh": N_("relu(x) is tanh(x); max(0, x) is wanted."),
    "relu_mask": N_(
        "relu(x) returns 1 where x is positive; x itself is wanted there (this is its derivative)."
    ),
    "relu_clipped": N_("relu(x) cuts off numbers above 1; a ReLU has no upper limit."),
    "relu_max_axis": N_(
        "np.max(x, 0) finds the largest number along axis 0; np.maximum(x, 0) compares entry by entry."
    ),
    "relu_scalar": N_(
        "relu(x) returns one number, the largest of all; each entry has to be treated by itself."
    ),
    "derivative_is_relu": N_(
        "relu_derivative(x) returns relu(x); where x is positive the slope is 1, not x."
    ),
    "derivative_turned": N_("relu_derivative(x) is turned round: it is 1 where x is negative."),
    "derivative_one": N_("relu_derivative(x) is 1 everywhere; where x is negative the slope is 0."),
    "derivative_sigmoid": N_("relu_derivative(x) is the derivative of the sigmoid, not that of the ReLU."),
    "derivative_masked_input": N_("relu_derivative(x) returns x where x is negative; 0 and 1 are wanted."),
}
SOFTMAX = {
    "softmax_axis": N_("The softmax sums over the wrong axis, over the rows: each row has to add up to 1."),
    "softmax_whole": N_("The softmax sums over the whole array; each row has to add up to 1 by itself."),
    "softmax_axis~2": N_("The softmax sums over the wrong axis, over the rows: each row has to add up to 1."),
    "softmax_whole~2": N_("The softmax sums over the whole array; each row has to add up to 1 by itself."),
    "softmax_no_maximum": N_(
        "The softmax does not take the largest number of a row off before exp(): with 1000 it overflows."
    ),
    "softmax_maximum_axis": N_(
        "The softmax takes off the largest number of each column; that of each row is wanted (axis=-1)."
    ),
    "softmax_maximum_of_all": N_(
        "The softmax takes off the largest number of the whole batch; of each row its own is wanted: where "
        "rows are far apart, every power of a row is 0, and so is their sum."
    ),
    "softmax_keepdims": N_("The sum of the softmax loses its axis: keepdims=True is missing."),
    "softmax_batches_only": N_(
        "softmax(x) takes batches only: for one row, shape (n,), use axis=-1, not axis=1."
    ),
    "softmax_no_division": N_(
        "The softmax returns the powers themselves: the division by their sum is missing."
    ),
    "softmax_no_exponential": N_("The softmax divides x by its sum: exp() is missing."),
    "softmax_minus": N_("The softmax takes exp(-x): the sign in the exponent is turned."),
    "softmax_powers_of_two": N_("The softmax takes powers of 2, not of e."),
    "softmax_sigmoid": N_("This is the sigmoid of each number; the softmax divides by the sum of the row."),
    "softmax_logarithm": N_("This is the logarithm of the softmax; the probabilities themselves are wanted."),
}
FORWARD = {
    "forward_no_relu": N_("forward(X) does not use the ReLU: the hidden layer is relu(X @ W1 + b1)."),
    "forward_no_bias_1": N_("forward(X) leaves out b1."),
    "forward_no_bias_2": N_("forward(X) leaves out b2."),
    "forward_minus_b1": N_("forward(X) takes b1 off; it has to be added."),
    "forward_minus_b2": N_("forward(X) takes b2 off; it has to be added."),
    "forward_mask": N_(
        "The hidden layer gives 1 where z1 is positive: that is the ReLU's derivative, not the ReLU."
    ),
    "forward_bias_after_relu": N_("forward(X) adds b1 after the ReLU; it belongs inside: relu(X @ W1 + b1)."),
    "forward_relu_output": N_(
        "forward(X) uses the ReLU on the output layer too; only the softmax belongs there."
    ),
    "forward_sigmoid": N_("The hidden layer uses the sigmoid; the ReLU is wanted."),
    "forward_tanh": N_("The hidden layer uses tanh; the ReLU is wanted."),
    "forward_softmax_hidden": N_("The hidden layer uses the softmax; the ReLU is wanted."),
    "forward_logits": N_("forward(X) returns the weighted sums z2; the softmax of them is wanted."),
    "forward_sigmoid_output": N_("The output layer uses the sigmoid; the softmax is wanted."),
    "forward_softmax_twice": N_("The softmax is taken twice."),
    "forward_softmax_axis": N_("In forward(X) the softmax sums over the batch; each row has to add up to 1."),
    "forward_softmax_whole": N_(
        "In forward(X) the softmax sums over the whole batch; each row has to add up to 1."
    ),
    "forward_softmax_axis~2": N_(
        "In forward(X) the softmax sums over the batch; each row has to add up to 1."
    ),
    "forward_softmax_whole~2": N_(
        "In forward(X) the softmax sums over the whole batch; each row has to add up to 1."
    ),
    "forward_standardised": N_("forward(X) standardises X; the network gets the numbers as they are."),
    "forward_divided": N_("forward(X) divides X by 255; the network gets the numbers as they are."),
}
LOSS = {
    "loss_sum": N_("The loss is the sum over the batch; the mean is wanted."),
    "loss_entries": N_(
        "The mean of the loss is taken over all entries, batch times classes; it belongs over "
        "the batch alone."
    ),
    "loss_twice": N_("The loss is divided by the size of the batch twice."),
    "loss_sign": N_("The sign of the loss is turned: it is minus the logarithm."),
    "loss_log_of_zero": N_(
        "The loss takes the logarithm of zero where a probability is 0: add a small number "
        "such as 1e-12, or clip."
    ),
    "loss_large_epsilon": N_(
        "The number added inside the logarithm is so large that it changes the loss; 1e-12 will do."
    ),
    "loss_log2": N_("The loss uses the logarithm to base 2; the natural one, np.log, is wanted."),
    "loss_log10": N_("The loss uses the logarithm to base 10; the natural one, np.log, is wanted."),
    "loss_no_logarithm": N_("The logarithm is missing: this is minus the mean probability."),
    "loss_squared": N_("This is the squared error; the cross-entropy is wanted."),
    "loss_binary": N_("The loss adds log(1 - p) of the other classes too; only the true class counts."),
    "loss_half": N_("The loss is half of what is wanted: a factor 1/2 belongs to the squared error only."),
    "loss_each": N_("compute_loss returns one number for each image; their mean is wanted."),
    "loss_log_of_mean": N_(
        "The logarithm is taken of the mean probability; the mean of the logarithms is wanted."
    ),
    "loss_every_column": N_(
        "y_pred[:, y_true] takes these columns of every row; y_pred[np.arange(n), y_true] takes one a row."
    ),
    "loss_every_column~2": N_(
        "y_pred[:, y_true] takes these columns of every row; y_pred[np.arange(n), y_true] takes one a row."
    ),
    "loss_first_column": N_("The loss takes the first column of every row, not that of the true label."),
    "loss_largest": N_("The loss takes the largest probability of each row, not that of the true label."),
    "loss_one_off": N_("The labels are one off: they count from 0, and the loss takes the column before."),
    "loss_one_off_up": N_("The labels are one off: they count from 0, and the loss takes the column after."),
}
BACKWARD_ANY = {
    "gradients_of_the_batch_before": N_(
        "backward returns the gradients of the batch before: something was kept."
    ),
    "labels_of_the_batch_before": N_("backward uses the labels of the batch before: something was kept."),
    "cache_of_the_batch_before": N_(
        "backward uses what the first forward kept; it has to be kept anew in each forward."
    ),
    "gradients_added_up": N_(
        "The gradients of the batch before are added: they have to begin anew in each call."
    ),
    "not_averaged": N_("The gradients are sums over the batch: the division by its size is missing."),
    "averaged_twice": N_("The mean over the batch is taken twice: once in dz2, once more in the gradients."),
    "difference_turned": N_("The sign of dz2 is turned: it is y_pred - one_hot."),
    "one_hot_added": N_("dz2 adds the one-hot labels; they have to be taken off y_pred."),
    "one_hot_forgotten": N_("dz2 is y_pred itself: the one-hot labels are not taken off."),
    "one_hot_every_row": N_(
        "The 1 is set in the columns of all labels in every row; dz2[np.arange(n), y_true] takes one a row."
    ),
    "labels_subtracted": N_("The labels themselves are taken off y_pred; they have to be one-hot first."),
    "labels_subtracted~2": N_("The labels themselves are taken off y_pred; they have to be one-hot first."),
    "labels_one_off": N_("The labels are one off: they count from 0, and the column before is taken."),
    "labels_one_off_up": N_("The labels are one off: they count from 0, and the column after is taken."),
    "difference_times_2": N_("dz2 is twice as large: the factor 2 belongs to the squared error."),
    "softmax_derivative_twice": N_(
        "dz2 is multiplied by p (1 - p): for softmax with cross-entropy y_pred - one_hot is all."
    ),
    "gradient_of_predictions": N_(
        "dz2 is the gradient of the probabilities, -one_hot / p; the softmax is missing."
    ),
    "dz2_relu": N_("dz2 is masked with the ReLU's derivative; the output layer has no ReLU."),
    "mean_over_entries": N_(
        "The mean is taken over all entries, batch times classes; it belongs over the batch."
    ),
}
BACKWARD_OUTPUT = {
    "W2_from_z1": N_("dW2 is made of z1; the output layer saw a1, what comes after the ReLU."),
    "W2_from_input": N_("dW2 is made of X; the output layer saw a1."),
    "W2_transposed": N_("dW2 is transposed: it is a1.T @ dz2, of shape (hidden, output)."),
    "W2_not_averaged": N_("dW2 is a sum over the batch, where db2 is a mean."),
    "W2_averaged_twice": N_(
        "dW2 is what comes out when the mean over the batch is taken twice: once in dz2, once more in dW2."
    ),
    "b2_not_averaged": N_("db2 is a sum over the batch, where dW2 is a mean."),
    "b2_averaged_twice": N_(
        "db2 is what comes out when the mean over the batch is taken twice: once in dz2, once more in db2."
    ),
    "b2_along_units": N_("db2 is summed along the units (axis=1); it is the sum over the batch, axis=0."),
    "b2_whole": N_("db2 is summed over everything: axis=0 is missing."),
    "b2_not_summed": N_("db2 is dz2 itself: the sum over the batch is missing."),
    "b2_first_row": N_("db2 is the first row of dz2; the sum over the batch is wanted."),
    "b2_as_row": N_("db2 has the shape (1, output): without keepdims=True it is (output,), as b2 is."),
}
BACKWARD_HIDDEN = {
    "mask_forgotten": N_("dz1 is not masked: the derivative of the ReLU, relu_derivative(z1), is forgotten."),
    "mask_of_gradient": N_(
        "The ReLU's mask is taken of the gradient da1; it belongs to the weighted sum z1."
    ),
    "mask_of_output": N_(
        "The ReLU's mask is taken of the layer after; it belongs to z1, the weighted sums of "
        "the hidden layer."
    ),
    "mask_of_output~2": N_(
        "The ReLU's mask is taken of the layer after; it belongs to z1, the weighted sums of "
        "the hidden layer."
    ),
    "mask_of_output~3": N_(
        "The ReLU's mask is taken of the layer after; it belongs to z1, the weighted sums of "
        "the hidden layer."
    ),
    "mask_of_input": N_("The ReLU's mask is taken of the input X; it belongs to z1."),
    "mask_turned": N_("The ReLU's mask is turned round: the gradient passes where z1 is negative."),
    "mask_is_relu": N_("dz1 is multiplied by relu(z1); its derivative, 0 or 1, is wanted."),
    "mask_replaces": N_("dz1 is the ReLU's mask alone; it has to be multiplied by dz2 @ W2.T."),
    "hidden_sigmoid": N_("dz1 uses the derivative of the sigmoid, a (1 - a); that of the ReLU is wanted."),
    "hidden_tanh": N_("dz1 uses the derivative of tanh, 1 - a²; that of the ReLU is wanted."),
    "hidden_averaged_twice": N_(
        "dW1 and db1 are what comes out when the mean over the batch is taken twice: once in "
        "dz2, once more in dz1."
    ),
    "hidden_not_averaged": N_("dW1 and db1 are sums over the batch, where dW2 and db2 are means."),
    "W1_averaged_twice": N_(
        "dW1 is what comes out when the mean over the batch is taken twice: once in dz1, once more in dW1."
    ),
    "W1_not_averaged": N_("dW1 is a sum over the batch, where db1 is a mean."),
    "W1_transposed": N_("dW1 is transposed: it is X.T @ dz1, of shape (input, hidden)."),
    "input_of_the_batch_before": N_("dW1 is made of the X of the batch before: keep X anew in each forward."),
    "W1_from_hidden": N_("dW1 is made of a1; the hidden layer saw X."),
    "b1_averaged_twice": N_(
        "db1 is what comes out when the mean over the batch is taken twice: once in dz1, once more in db1."
    ),
    "b1_not_averaged": N_("db1 is a sum over the batch, where dW1 is a mean."),
    "b1_along_units": N_("db1 is summed along the units (axis=1); it is the sum over the batch, axis=0."),
    "b1_whole": N_("db1 is summed over everything: axis=0 is missing."),
    "b1_not_summed": N_("db1 is dz1 itself: the sum over the batch is missing."),
    "b1_first_row": N_("db1 is the first row of dz1; the sum over the batch is wanted."),
    "b1_as_row": N_("db1 has the shape (1, hidden): without keepdims=True it is (hidden,), as b1 is."),
    "b1_without_mask": N_("db1 is made of da1, before the ReLU's mask; it is the sum of dz1."),
    "W2_not_transposed": N_("dz2 is multiplied by W2; its transpose is wanted: dz2 @ W2.T."),
    "W2_updated_first": N_(
        "The gradient goes back through a W2 that has been changed; it has to stay as in forward."
    ),
    "W2_left_out": N_("The gradient goes back without W2: da1 is dz2 @ W2.T."),
}
UPDATE = {
    "update_uphill": N_("The step goes uphill: the gradient has to be taken off, not added."),
    "update_nothing": N_(
        "update_params changed nothing. (An assignment to a local name does not change self.W1.)"
    ),
    "update_no_rate": N_("The gradient is taken off whole: learning_rate is not used."),
    "update_rate_alone": N_(
        "The learning rate itself is taken off; it has to be multiplied by the gradient."
    ),
    "update_divided": N_("The gradient is divided by the learning rate; it has to be multiplied."),
    "update_twice": N_("The step is taken twice."),
    "update_sign": N_("The step uses only the sign of the gradient."),
    "update_no_biases": N_("The biases b1 and b2 did not change at all."),
    "update_no_weights": N_("The weights W1 and W2 did not change at all."),
    "update_no_first": N_("W1 and b1 did not change at all."),
    "update_no_second": N_("W2 and b2 did not change at all."),
    "update_replaced": N_("The weights are replaced by the step; it has to be taken off what they were."),
    "update_scaled": N_("The weights are multiplied by 1 minus the step; it has to be taken off them."),
}
NUMERICAL_GRADIENT = {
    "difference_unmoved": N_(
        "Every difference is 0: f is never given the x that was moved. flatten() makes a copy, and so "
        "does an index that is a list."
    ),
    "difference_one_sided": N_(
        "The difference is one-sided, (f(x + h) - f(x)) / h; the central one, f(x + h) - f(x "
        "- h), is far closer."
    ),
    "difference_from_below": N_(
        "The difference is one-sided, (f(x) - f(x - h)) / h; the central one is far closer."
    ),
    "difference_divided_by_h": N_("The difference is divided by h; the points are 2 h apart."),
    "difference_precedence": N_("/ 2 * h multiplies by h: write / (2 * h)."),
    "difference_not_divided": N_("The difference is not divided by 2 h."),
    "difference_sign": N_("The sign is turned: it is f(x + h) - f(x - h)."),
    "difference_h_ignored": N_("The argument h is not used."),
    "difference_all_at_once": N_("All entries of x are moved at once; one at a time, and the others stay."),
    "difference_whole_rows": N_(
        "A whole row of x is moved at once; one entry at a time: np.ndindex(x.shape) visits each."
    ),
    "difference_whole_rows~2": N_(
        "A whole row of x is moved at once; one entry at a time: np.ndindex(x.shape) visits each."
    ),
    "difference_not_restored": N_(
        "An entry of x stays moved (by -h) when the next one is tried: put it back."
    ),
    "difference_not_restored_up": N_(
        "An entry of x stays moved (by h) when the next one is tried: put it back."
    ),
    "difference_flat": N_("The gradient has to have the shape of x; this one is flat."),
}
PREDICT = {
    "predict_axis": N_(
        "predict takes the largest of each column, axis=0; the largest of each row is wanted, axis=1."
    ),
    "predict_whole": N_("predict takes the largest of the whole array: axis=1 is missing."),
    "predict_smallest": N_(
        "predict returns the least probable class (argmin); the most probable one is wanted."
    ),
    "predict_one_off": N_("predict is one off: classes count from 0."),
    "predict_probability": N_("predict returns the largest probability; its column is wanted (argmax)."),
    "predict_probabilities": N_(
        "predict returns the probabilities; the column of the largest one is wanted."
    ),
    "predict_rounded": N_("predict rounds the probabilities; the column of the largest one is wanted."),
    "predict_column": N_("predict returns a column, shape (batch, 1); the shape (batch,) is wanted."),
}
ACCURACY = {
    "accuracy_per_cent": N_("accuracy is in per cent; a fraction from 0 to 1 is wanted."),
    "accuracy_count": N_("accuracy is how many are right; the share of them is wanted."),
    "accuracy_errors": N_("accuracy is the share that is wrong."),
    "accuracy_each": N_("accuracy says right or wrong for each image; the mean of that is wanted."),
    "accuracy_all": N_("accuracy is 1 only when all are right; the share that is right is wanted."),
    "accuracy_of_confidence": N_(
        "accuracy is the mean probability of the true class; the share that is right is wanted."
    ),
}
BY_STEP = {
    "relu": RELU,
    "softmax": SOFTMAX,
    "forward": FORWARD,
    "loss": LOSS,
    "backward_output": BACKWARD_ANY | BACKWARD_OUTPUT,
    "backward_hidden": BACKWARD_HIDDEN,
    "update": UPDATE,
    "numerical_gradient": NUMERICAL_GRADIENT,
    "accuracy": PREDICT | ACCURACY,
}
"""Those that the reference can make, the likeliest first."""

SEEN = {
    "not_written": N_("{function} is not written yet."),
    "missing": N_("{file} has no {function}."),
    "weights_zero": N_("{name} is all zeros: every hidden unit would learn the same. Draw random numbers."),
    "weights_equal": N_(
        "The units of {name} all begin alike: they would all learn the same. Draw random numbers."
    ),
    "weights_positive": N_(
        "{name} has no negative number: numbers around 0 are wanted (np.random.randn; rand goes from 0 to 1)."
    ),
    "weights_not_scaled": N_(
        "{name} is not scaled: its standard deviation is {deviation:.2g}; sqrt(2 / inputs) "
        "would be {wanted:.2g}."
    ),
    "weights_too_small": N_("{name} is as good as zero: its standard deviation is {deviation:.2g}."),
    "biases_large": N_("{name} begins with numbers up to {largest:.2g}; zeros are wanted."),
    "weights_shared": N_("Two networks share one {name}: each needs arrays of its own."),
    "whole_numbers": N_("{name} has whole numbers (dtype {dtype}); float64 or float32 is wanted."),
    "input_changed": N_("{function} changes {name}, which belongs to the caller: work on a copy."),
    "shares_memory": N_("{function} returns {name} itself, not a new array: changing one changes the other."),
    "kept_from_before": N_(
        "{function} gives something else when it is called again with the same: something was kept."
    ),
    "result_changed_later": N_(
        "What {function} returned changes with the next call: return a new array each time."
    ),
    "gradients_changed": N_(
        "update_params changes the gradients in place of the weights: {name} is not what it was."
    ),
    "not_shuffled": N_("The images come in the same order as they lie in X: the epoch is never shuffled."),
    "shuffled_apart": N_("Images and labels are shuffled apart: an image gets the label of another one."),
    "labels_not_batched": N_("backward gets {labels} labels for a batch of {images} images."),
    "never_updated": N_(
        "The weights are the same after the epoch: update_params was never called, or with nothing."
    ),
    "updated_once": N_("The weights are changed once an epoch; they have to be changed after every batch."),
    "whole_set": N_("forward gets {images} images at once, with a batch size of {batch_size}."),
    "first_batch_only": N_("Only one batch was learned: a return stands inside the loop."),
    "images_missing": N_("Only {count} of {images} images were learned."),
    "images_twice": N_("Some images were learned twice in one epoch, others never."),
    "backward_first": N_("backward was called before forward: its gradients are those of the batch before."),
    "epoch_rate_ignored": N_(
        "The steps do not use the learning rate that train_epoch is given: they are "
        "{factor:.3g} times as long."
    ),
    "epoch_wrong_steps": N_(
        "The weights after the epoch are not what these batches give with this learning rate."
    ),
    "stale_gradients": N_("Each step uses the gradients of the batch before."),
    "epoch_loss_sum": N_("train_epoch returns the sum of the losses; their mean is wanted."),
    "epoch_loss_last": N_(
        "train_epoch returns the loss of the last batch; the mean over the epoch is wanted."
    ),
    "epoch_loss_first": N_(
        "train_epoch returns the loss of the first batch; the mean over the epoch is wanted."
    ),
    "epoch_loss_divided": N_(
        "The mean losses of the batches are divided by the number of images, not of batches."
    ),
    "epoch_loss_after": N_(
        "The loss is that after the step; it belongs to the probabilities before it, which backward uses."
    ),
    "updated_twice": N_("Each step is taken twice: the weights move twice as far as they should."),
    "epoch_loss_wrong": N_("train_epoch returns {got:.6g}; the mean loss of these batches is {wanted:.6g}."),
    "epoch_loss_missing": N_("train_epoch returns {got}; the mean loss, a number, is wanted."),
    "did_not_learn": N_(
        "The network did not learn: after {epochs} epochs it has {accuracy:.1%} of images "
        "right that it had not seen."
    ),
    "learned_slowly": N_("After {epochs} epochs {accuracy:.1%} are right; at least {wanted:.0%} are wanted."),
    "diverged": N_("The loss of epoch {epoch} is no number: training diverged."),
    "star_for_matrix_product": N_(
        "* multiplies entry by entry; the matrix product is @. ({file}, line {line}: {code}; {values}.)"
    ),
    "transpose_missing": N_(
        "These shapes fit when one of them is transposed, with .T. ({file}, line {line}: {code}; {values}.)"
    ),
    "factors_swapped": N_("The two factors are in the wrong order. ({file}, line {line}: {code}; {values}.)"),
    "weights_changed": N_(
        "backward changes self.{name}; it only computes gradients, and update_params takes the step."
    ),
    "wrong_keys": N_("The keys of the dict are W1, b1, W2 and b2; backward returns: {keys}."),
    "max_for_maximum": N_(
        "{file}, line {line}: np.max looks at one array; np.maximum compares two, entry by entry: `{code}`"
    ),
    "numerical_difference": N_(
        "The gradient of {name} differs from the numerical one of your own loss, at {at}: "
        "{got:.6g}, not {wanted:.6g}."
    ),
}
"""Those that a check recognises."""
