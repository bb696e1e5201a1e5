"""dlcourse: gradient descent and backpropagation, learned by building them."""
