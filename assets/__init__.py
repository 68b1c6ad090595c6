"""What ships with the program: the MNIST files, presets, screenshots."""
