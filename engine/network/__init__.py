"""The multilayer perceptron: layers over one flat parameter vector."""
